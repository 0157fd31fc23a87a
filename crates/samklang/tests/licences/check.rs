//! What `deny.toml` says, held against what cargo says of every package.

use std::{collections::BTreeSet, path::PathBuf, process::Command};

use serde_json::{Value, json};
use spdx::{Expression, ParseMode};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where packages come from, if not from the workspace.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn deny() -> toml::Table {
    toml::from_str(&std::fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap()
}

/// What `[licenses] allow` says.
fn allowed() -> BTreeSet<String> {
    let deny = deny();
    let allow = deny["licenses"]["allow"].as_array().unwrap();
    allow.iter().map(|licence| licence.as_str().unwrap().to_owned()).collect()
}

/// What `[bans] deny` names.
fn banned() -> BTreeSet<String> {
    let deny = deny();
    let banned = deny["bans"]["deny"].as_array().unwrap();
    banned.iter().map(|one| one["crate"].as_str().unwrap().to_owned()).collect()
}

/// A line for each package that is banned or comes from elsewhere, and for each version that is left open.
fn strange(packages: &[Value], banned: &BTreeSet<String>) -> Vec<String> {
    let mut lines = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if banned.contains(name) {
            lines.push(format!("{name} is banned"));
        }
        if let Some(source) = package["source"].as_str() {
            lines.extend((source != REGISTRY).then(|| format!("{name} comes from {source}")));
            continue;
        }
        let open = |needed: &&Value| needed["req"] == "*" && needed["path"].is_null();
        let needed = package["dependencies"].as_array().into_iter().flatten().filter(open);
        lines.extend(needed.map(|needed| format!("{name} takes any version of {}", needed["name"])));
    }
    lines
}

/// All packages of the lock file, those of other platforms and of tests too.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked", "--all-features"]).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// What a package says of its licence; `/` is an old way to write OR.
fn expression(package: &Value) -> Option<Expression> {
    Expression::parse_mode(package["license"].as_str()?, ParseMode::LAX).ok()
}

/// A line for each package that none of these licences lets in.
fn refused(packages: &[Value], allowed: &BTreeSet<String>) -> Vec<String> {
    let fits = |package: &&Value| {
        expression(package).is_some_and(|it| it.evaluate(|licence| allowed.contains(&licence.to_string())))
    };
    let line = |package: &Value| {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let licence = package["license"].as_str().map_or("says nothing of its licence".to_owned(), ToOwned::to_owned);
        format!("{} {}: {licence}", text("name"), text("version"))
    };
    packages.iter().filter(|package| !fits(package)).map(line).collect()
}

#[test]
fn every_package_has_a_licence_that_is_allowed() {
    let (packages, allowed) = (packages(), allowed());
    assert!(packages.len() > 100, "{} packages are not all of them", packages.len());
    assert!(packages.iter().any(|package| package["name"] == "serde"), "the wrong workspace");
    assert_eq!(refused(&packages, &allowed), [""; 0]);
    let named: BTreeSet<String> = packages
        .iter()
        .filter_map(expression)
        .flat_map(|it| it.requirements().map(|one| one.req.to_string()).collect::<Vec<_>>())
        .collect();
    let unused: Vec<&String> = allowed.difference(&named).collect();
    assert!(unused.is_empty(), "deny.toml allows what no package has: {unused:?}");
}

#[test]
fn no_package_is_banned_or_comes_from_elsewhere() {
    assert_eq!(strange(&packages(), &banned()), [""; 0]);
    let packages = [
        json!({"name": "openssl-sys", "source": REGISTRY}),
        json!({"name": "serde", "source": REGISTRY, "dependencies": [{"name": "theirs", "req": "*", "path": null}]}),
        json!({"name": "fork", "source": "git+https://example.org/fork"}),
        json!({"name": "ours", "source": null, "dependencies": [
            {"name": "open", "req": "*", "path": null}, {"name": "beside", "req": "*", "path": "/beside"},
            {"name": "bound", "req": "^1", "path": null},
        ]}),
    ];
    assert_eq!(
        strange(&packages, &banned()),
        ["openssl-sys is banned", "fork comes from git+https://example.org/fork", "ours takes any version of \"open\"",]
    );
}

#[test]
fn a_licence_that_is_not_allowed_is_told_with_its_package() {
    let package = |name: &str, licence: Value| json!({"name": name, "version": "1.0.0", "license": licence});
    let packages = [
        package("good", json!("MIT OR Apache-2.0")),
        package("old", json!("MIT/GPL-3.0")),
        package("one-will-do", json!("(MIT OR GPL-3.0-only) AND Apache-2.0")),
        package("copyleft", json!("GPL-3.0-only")),
        package("both", json!("MIT AND GPL-3.0-only")),
        package("with-exception", json!("Apache-2.0 WITH LLVM-exception")),
        package("silent", Value::Null),
        package("riddle", json!("MIT OR")),
    ];
    let allowed = ["MIT", "Apache-2.0"].map(str::to_owned).into();
    assert_eq!(
        refused(&packages, &allowed),
        [
            "copyleft 1.0.0: GPL-3.0-only",
            "both 1.0.0: MIT AND GPL-3.0-only",
            "with-exception 1.0.0: Apache-2.0 WITH LLVM-exception",
            "silent 1.0.0: says nothing of its licence",
            "riddle 1.0.0: MIT OR",
        ]
    );
}
