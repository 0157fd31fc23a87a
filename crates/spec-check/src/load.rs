//! A description and the checks against it.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Value, json};

use crate::{
    Problem,
    operation::{self, Operation},
    rewrite::{Rewrite, Way},
    swagger,
};

/// Why a description cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    Read(PathBuf, io::Error),
    /// It is no JSON.
    Json(serde_json::Error),
    /// It is no OpenAPI 3.0 or 3.1 description, nor Swagger 2.0; the version that it names, if any.
    Version(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Json(error) => write!(f, "the description is no JSON: {error}"),
            Self::Version(version) => write!(f, "OpenAPI 3.0 and 3.1 and Swagger 2.0 are read, this is {version:?}"),
        }
    }
}

impl Error for LoadError {}

/// A vendor's description, OpenAPI or Swagger. Copies share what was read and compiled.
#[derive(Clone)]
pub struct Spec {
    pub(crate) root: Arc<Value>,
    base: String,
    old: bool,
    compiled: Arc<Mutex<Compiled>>,
}

type Compiled = BTreeMap<String, Result<Arc<Validator>, String>>;
/// Descriptions of the vendors' folder: they are large, and many tests of a process use the same.
static READ: Mutex<BTreeMap<PathBuf, Spec>> = Mutex::new(BTreeMap::new());

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Spec {
    /// Reads a JSON file.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(|error| LoadError::Read(path.to_owned(), error))?;
        Self::from_value(serde_json::from_slice(&text).map_err(LoadError::Json)?)
    }

    /// Reads a description from the vendors' folder: `../shared/vendors` beside the checkout in which the crate at
    /// `manifest_dir` lies, or the folder that the environment variable `SAMKLANG_VENDORS` names. None, and a loud line
    /// on standard error, if it is not there.
    ///
    /// # Errors
    /// It is there and cannot be used.
    #[allow(clippy::disallowed_methods, reason = "only tests call this, and they have no configuration")]
    pub fn of_vendor(manifest_dir: &str, path: &str) -> Result<Option<Self>, LoadError> {
        let folder = match std::env::var("SAMKLANG_VENDORS") {
            Ok(folder) => PathBuf::from(folder),
            Err(_) => Path::new(manifest_dir).join("../../../shared/vendors"),
        };
        let path = folder.join(path);
        if path.exists() {
            let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(spec) = read.get(&path) {
                return Ok(Some(spec.clone()));
            }
            let spec = Self::load(&path)?;
            read.insert(path, spec.clone());
            return Ok(Some(spec));
        }
        eprintln!("NOT CHECKED against the vendor's own description: {} is not there", path.display());
        Ok(None)
    }

    /// Takes a description that was read already.
    ///
    /// # Errors
    /// Neither OpenAPI 3.0 nor 3.1, nor Swagger 2.0.
    pub fn from_value(root: Value) -> Result<Self, LoadError> {
        let root = match root.get("swagger").and_then(Value::as_str) {
            Some("2.0") => swagger::converted(&root),
            _ => root,
        };
        let version = root.get("openapi").or(root.get("swagger")).and_then(Value::as_str).unwrap_or_default();
        let old = version.starts_with("3.0");
        if !old && !version.starts_with("3.1") {
            return Err(LoadError::Version(version.to_owned()));
        }
        let server = root.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
        let base = operation::path_of(server).trim_end_matches('/').to_owned();
        Ok(Self { base, old, compiled: Arc::default(), root: Arc::new(root) })
    }

    /// Replaces the path before all paths of the description, which is by default that of its first server.
    #[must_use]
    pub fn with_base(mut self, base: &str) -> Self {
        self.base = base.trim_end_matches('/').to_owned();
        self
    }

    /// What is wrong with a request. `path` as sent, with or without the base; `query` as sent, without `?`; `body`
    /// empty if there was none.
    pub fn check_request(&self, method: &str, path: &str, query: &str, body: &str) -> Vec<Problem> {
        match self.operation(method, path) {
            Ok(operation) => operation.check_request(self, query, body),
            Err(problem) => vec![problem],
        }
    }

    /// What is wrong with an answer to a request with this method and path; `body` empty if there was none.
    pub fn check_response(&self, method: &str, path: &str, status: u16, body: &str) -> Vec<Problem> {
        match self.operation(method, path) {
            Ok(operation) => operation.check_response(self, status, body),
            Err(problem) => vec![problem],
        }
    }

    /// The operation that a request with this method and path is: `GET /orders/{orderId}`.
    pub fn operation_name(&self, method: &str, path: &str) -> Option<String> {
        self.operation(method, path).ok().map(|operation| operation.name)
    }

    /// All operations of the description.
    pub fn operation_names(&self) -> Vec<String> {
        let methods = ["get", "post", "put", "patch", "delete"];
        let paths = self.root.get("paths").and_then(Value::as_object).into_iter().flatten();
        let names = paths.flat_map(|(path, item)| {
            let there = methods.iter().filter(|method| item.get(**method).is_some());
            there.map(|method| format!("{} {path}", method.to_ascii_uppercase())).collect::<Vec<_>>()
        });
        names.collect()
    }

    /// The fields of a named schema; none if there is no such schema.
    pub fn field_names(&self, schema: &str) -> Vec<String> {
        let properties = self.root.pointer(&format!("/components/schemas/{schema}/properties"));
        properties.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }

    fn operation(&self, method: &str, path: &str) -> Result<Operation<'_>, Problem> {
        let below = path.strip_prefix(&self.base).filter(|rest| rest.starts_with('/')).unwrap_or(path);
        Operation::find(&self.root, method, below).ok_or_else(|| Problem {
            place: format!("{method} {below}"),
            at: String::new(),
            keyword: "operation".into(),
            message: "the description has no such path and method".into(),
        })
    }

    /// The target of `{"$ref": …}`, or the value itself.
    pub(crate) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(value)
    }

    /// The problems of `instance` under `schema`, a schema of the description. `key` names the schema uniquely.
    pub(crate) fn validate(&self, key: &str, schema: &Value, way: Way, instance: &Value, place: &str) -> Vec<Problem> {
        match self.validator(key, schema, way) {
            Ok(validator) => {
                let errors = validator.iter_errors(instance);
                let mut found = errors.flat_map(|error| problems(&error, way, place)).collect::<Vec<_>>();
                found.sort();
                found
            }
            Err(message) => {
                vec![Problem { place: place.into(), at: String::new(), keyword: "description".into(), message }]
            }
        }
    }

    fn validator(&self, key: &str, schema: &Value, way: Way) -> Result<Arc<Validator>, String> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let known = compiled.entry(format!("{way:?} {key}")).or_insert_with(|| self.compile(schema, way));
        known.clone()
    }

    fn compile(&self, schema: &Value, way: Way) -> Result<Arc<Validator>, String> {
        let rewrite = Rewrite { root: &self.root, way, old: self.old };
        let schema = rewrite.schema(schema);
        let whole = json!({ "allOf": [schema], "components": { "schemas": self.named_by(&schema, &rewrite) } });
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        options.build(&whole).map(Arc::new).map_err(|error| format!("the schema cannot be used: {error}"))
    }
}

impl Spec {
    /// The schemas that a schema refers to, and those that they refer to: of some thousand a handful.
    fn named_by(&self, schema: &Value, rewrite: &Rewrite<'_>) -> serde_json::Map<String, Value> {
        let schemas = self.root.pointer("/components/schemas").and_then(Value::as_object);
        let mut found = serde_json::Map::new();
        let mut open = Vec::new();
        references(schema, &mut open);
        while let Some(name) = open.pop() {
            if found.contains_key(&name) {
                continue;
            }
            if let Some(named) = schemas.and_then(|schemas| schemas.get(&name)) {
                let named = rewrite.schema(named);
                references(&named, &mut open);
                found.insert(name, named);
            }
        }
        found
    }
}

/// Names of the schemas that a value refers to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let name =
                fields.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix("#/components/schemas/"));
            // a pointer into a schema needs the whole of it; names are escaped in pointers
            found.extend(name.map(|name| name.split('/').next().unwrap_or(name).replace("~1", "/").replace("~0", "~")));
            fields.values().for_each(|part| references(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| references(part, found)),
        _ => {}
    }
}

fn problems(error: &ValidationError<'_>, way: Way, place: &str) -> Vec<Problem> {
    let at = error.instance_path().to_string();
    let problem = |at: String, keyword: &str, message: String| Problem {
        place: place.to_owned(),
        at,
        keyword: keyword.to_owned(),
        message,
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| problem(format!("{at}/{name}"), "unknown", "is not in the description".into()))
            .collect(),
        ValidationErrorKind::FalseSchema => match way {
            Way::Request => vec![problem(at, "readOnly", "is read-only and must not be sent".into())],
            Way::Answer => vec![problem(at, "writeOnly", "is write-only and must not be answered".into())],
        },
        kind => vec![problem(at, kind.keyword(), error.to_string())],
    }
}
