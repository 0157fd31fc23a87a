//! The policy of a history, and its text.

use std::fmt::Write as _;

use sync_core::FieldPath;

use super::system::name;

/// Kinds of records that take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Organisations.
    Company,
    /// Persons, each under a company.
    Person,
}

impl Kind {
    pub(super) fn stream(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Person => "person",
        }
    }
    pub(super) fn entity(self) -> &'static str {
        match self {
            Self::Company => "companies",
            Self::Person => "persons",
        }
    }
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Company => &[
                "name",
                "email",
                "website",
                "discount_percent",
                "category",
                "billing.street",
                "billing.city",
                "registration_number",
                "note",
            ],
            Self::Person => &["name", "email", "title", "organisation", "note"],
        }
    }
}

/// Who decides a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldPlan {
    Master { system: usize, foreign: &'static str },
    Prefer(Vec<usize>),
    Newest(usize),
    Hold,
    Seed(usize),
    Off,
}

/// What a system does in an entity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RolePlan {
    pub(super) read: bool,
    pub(super) create: bool,
    pub(super) update: bool,
    pub(super) remove: bool,
}

/// One rule set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EntityPlan {
    pub(super) kind: Kind,
    pub(super) master: usize,
    pub(super) roles: Vec<(usize, RolePlan)>,
    pub(super) fields: Vec<(&'static str, FieldPlan)>,
    /// Fields of each match rule, and whether duplicates are aliases.
    pub(super) matches: Vec<(Vec<&'static str>, bool)>,
    pub(super) on_remove: &'static str,
    pub(super) recreate: bool,
    pub(super) blank: bool,
    pub(super) every_s: u64,
    pub(super) complete_every_s: u64,
    /// Only records of this category go to that system.
    pub(super) scope: Option<(usize, &'static str)>,
    pub(super) max_create: u64,
    pub(super) min_listed_percent: u64,
}

impl EntityPlan {
    pub(super) fn role(&self, system: usize) -> RolePlan {
        self.roles.iter().find(|(at, _)| *at == system).map(|(_, role)| *role).unwrap_or_default()
    }
    /// The unit that a field belongs to.
    pub(super) fn unit(path: FieldPath) -> FieldPath {
        match path.as_str().split_once('.') {
            Some((group, _)) if !path.is_extension() => FieldPath::new(group),
            _ => path,
        }
    }
    /// Who decides a field.
    pub(super) fn rule(&self, path: FieldPath) -> FieldPlan {
        let unit = Self::unit(path);
        let own = self.fields.iter().find(|(field, _)| *field == unit.as_str()).map(|(_, plan)| plan.clone());
        own.unwrap_or(FieldPlan::Master { system: self.master, foreign: "revert" })
    }

    fn text(&self, out: &mut String) {
        let entity = self.kind.entity();
        let kind = match self.kind {
            Kind::Company => "organisation",
            Kind::Person => "person",
        };
        let _ = writeln!(out, "[entities.{entity}]\nkind = \"{kind}\"\nmaster = \"{}\"", name(self.master));
        let _ = writeln!(out, "on_remove = \"{}\"", self.on_remove);
        let _ = writeln!(out, "recreate = \"{}\"", if self.recreate { "always" } else { "ask" });
        let _ = writeln!(out, "on_empty_master = \"{}\"", if self.blank { "blank" } else { "keep" });
        if self.every_s > 0 {
            let _ = writeln!(out, "every = \"{}s\"", self.every_s);
        }
        let _ = writeln!(out, "complete_every = \"{}s\"", self.complete_every_s);
        if !self.matches.is_empty() {
            let rules: Vec<String> = self
                .matches
                .iter()
                .map(|(on, alias)| {
                    let duplicates = if *alias { "alias" } else { "hold" };
                    let on: Vec<String> = on.iter().map(|field| format!("\"{field}\"")).collect();
                    format!("{{ on = [{}], duplicates = \"{duplicates}\" }}", on.join(", "))
                })
                .collect();
            let _ = writeln!(out, "match = [{}]", rules.join(", "));
        }
        let _ = writeln!(out, "[entities.{entity}.guards]");
        let _ = writeln!(out, "max_create = {}\nmin_listed_percent = {}", self.max_create, self.min_listed_percent);
        let _ = writeln!(out, "[entities.{entity}.systems]");
        for (system, role) in &self.roles {
            let create = if role.create { "always" } else { "never" };
            let _ = writeln!(
                out,
                "{} = {{ read = {}, create = \"{create}\", update = {}, remove = {} }}",
                name(*system),
                role.read,
                role.update,
                role.remove
            );
        }
        if !self.fields.is_empty() {
            let _ = writeln!(out, "[entities.{entity}.fields]");
        }
        for (field, plan) in &self.fields {
            let _ = writeln!(out, "{field} = {{ {} }}", plan.text());
        }
        if let Some((system, category)) = &self.scope {
            let _ = writeln!(out, "[[entities.{entity}.scope]]\nat = \"{}\"", name(*system));
            let _ = writeln!(out, "when = [\"category = {category}\"]");
        }
    }
}

impl FieldPlan {
    fn text(&self) -> String {
        match self {
            Self::Master { system, foreign } => {
                format!("rule = \"master\", system = \"{}\", on_foreign_change = \"{foreign}\"", name(*system))
            }
            Self::Prefer(order) => {
                let order: Vec<String> = order.iter().map(|system| format!("\"{}\"", name(*system))).collect();
                format!("rule = \"shared\", on_conflict = {{ prefer = [{}] }}", order.join(", "))
            }
            Self::Newest(otherwise) => {
                format!("rule = \"shared\", on_conflict = {{ newest = {{ otherwise = \"{}\" }} }}", name(*otherwise))
            }
            Self::Hold => "rule = \"shared\", on_conflict = \"hold\"".to_owned(),
            Self::Seed(from) => format!("rule = \"seed\", from = \"{}\"", name(*from)),
            Self::Off => "rule = \"off\"".to_owned(),
        }
    }
}

/// The policy as a file has it.
pub(super) fn policy(entities: &[EntityPlan]) -> String {
    let mut out = String::new();
    for entity in entities {
        entity.text(&mut out);
    }
    out
}
