//! One path and method of a description.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::{Problem, Spec, rewrite::Way};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The path of a server's URL, whose host may hold `{variables}`.
pub(crate) fn path_of(server: &str) -> &str {
    let after_scheme = server.split_once("://").map_or(server, |(_, rest)| rest);
    after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or_default()
}

pub(crate) struct Operation<'a> {
    /// `GET /orders/{orderId}`.
    pub(crate) name: String,
    operation: &'a Value,
    /// Parameters of the path itself, for all its methods.
    shared: &'a Value,
    /// Names and values, as sent.
    in_path: Vec<(String, String)>,
}

impl<'a> Operation<'a> {
    /// The operation with the fewest variables among those that fit.
    pub(crate) fn find(root: &'a Value, method: &str, path: &str) -> Option<Self> {
        let paths = root.get("paths")?.as_object()?;
        let fitting = paths.iter().filter_map(|(template, item)| {
            let operation = item.get(method.to_ascii_lowercase())?;
            Some((matched(template, path)?, template, item, operation))
        });
        let (in_path, template, item, operation) = fitting.min_by_key(|(variables, ..)| variables.len())?;
        let shared = item.get("parameters").unwrap_or(&Value::Null);
        Some(Self { name: format!("{method} {template}"), operation, shared, in_path })
    }

    pub(crate) fn check_request(&self, spec: &Spec, query: &str, body: &str) -> Vec<Problem> {
        let mut problems = self.check_parameters(spec, "path", &self.in_path);
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>();
        problems.extend(self.check_parameters(spec, "query", &query));
        problems.extend(self.check_request_body(spec, body));
        problems
    }

    pub(crate) fn check_response(&self, spec: &Spec, status: u16, body: &str) -> Vec<Problem> {
        let place = format!("{} {status}", self.name);
        let responses = self.operation.get("responses");
        let keys = [status.to_string(), format!("{}XX", status / 100), "default".into()];
        let Some(response) = keys.iter().find_map(|key| responses?.get(key)) else {
            return vec![problem(&place, "", "status", "the description has no such answer".into())];
        };
        let content = spec.resolved(response).get("content");
        let Some(content) = content.filter(|content| content.as_object().is_some_and(|types| !types.is_empty())) else {
            let unexpected = problem(&place, "", "body", "the description has no body here".into());
            return if body.is_empty() { Vec::new() } else { vec![unexpected] };
        };
        let Some(schema) = content.get(JSON).and_then(|json| json.get("schema")) else { return Vec::new() };
        match serde_json::from_str(body) {
            Ok(instance) => spec.validate(&place, schema, Way::Answer, &instance, &place),
            Err(error) => vec![problem(&place, "", "body", format!("the body is no JSON: {error}"))],
        }
    }

    fn check_request_body(&self, spec: &Spec, body: &str) -> Vec<Problem> {
        let place = format!("{} body", self.name);
        let Some(described) = self.operation.get("requestBody").map(|described| spec.resolved(described)) else {
            let unexpected = problem(&place, "", "body", "the description takes no body here".into());
            return if body.is_empty() { Vec::new() } else { vec![unexpected] };
        };
        if body.is_empty() {
            let required = described.get("required") == Some(&json!(true));
            let missing = problem(&place, "", "body", "the description requires a body".into());
            return if required { vec![missing] } else { Vec::new() };
        }
        let schema = |kind: &str| described.get("content")?.get(kind)?.get("schema");
        if let Some(schema) = schema(JSON) {
            return match serde_json::from_str(body) {
                Ok(instance) => spec.validate(&place, schema, Way::Request, &instance, &place),
                Err(error) => vec![problem(&place, "", "body", format!("the body is no JSON: {error}"))],
            };
        }
        let Some(schema) = schema(FORM) else { return Vec::new() };
        let types = spec.resolved(schema).get("properties").unwrap_or(&Value::Null);
        let fields = form_urlencoded::parse(body.as_bytes()).into_owned();
        let instance = fields.map(|(name, text)| {
            let value = typed(types.get(&name).map(|schema| spec.resolved(schema)), &text);
            (name, value)
        });
        spec.validate(&place, schema, Way::Request, &Value::Object(instance.collect::<Map<_, _>>()), &place)
    }

    fn check_parameters(&self, spec: &Spec, kind: &str, sent: &[(String, String)]) -> Vec<Problem> {
        let place = format!("{} {kind}", self.name);
        let lists = [self.operation.get("parameters").unwrap_or(&Value::Null), self.shared];
        let described =
            lists.into_iter().filter_map(Value::as_array).flatten().map(|parameter| spec.resolved(parameter));
        let described = described.filter(|parameter| text(parameter, "in") == kind).collect::<Vec<_>>();
        let mut problems = Vec::new();
        for (name, value) in sent {
            match described.iter().find(|parameter| text(parameter, "name") == name) {
                Some(parameter) => {
                    let schema = parameter.get("schema").unwrap_or(&Value::Null);
                    let instance = typed(Some(spec.resolved(schema)), value);
                    let found = spec.validate(&format!("{place} {name}"), schema, Way::Request, &instance, &place);
                    problems.extend(found.into_iter().map(|found| Problem { at: name.clone(), ..found }));
                }
                // A description may name its path variables differently from its parameters.
                None if kind == "path" => {}
                None => problems.push(problem(&place, name, "unknown", "is not in the description".into())),
            }
        }
        for parameter in described.iter().filter(|parameter| parameter.get("required") == Some(&json!(true))) {
            let name = text(parameter, "name");
            if !sent.iter().any(|(known, _)| known == name) {
                problems.push(problem(&place, name, "required", "is missing".into()));
            }
        }
        problems
    }
}

fn problem(place: &str, at: &str, keyword: &str, message: String) -> Problem {
    Problem { place: place.to_owned(), at: at.to_owned(), keyword: keyword.to_owned(), message }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The value that `text` stands for under this schema; the text itself where it does not fit, so that the check says so.
fn typed(schema: Option<&Value>, text: &str) -> Value {
    let kinds = match schema.and_then(|schema| schema.get("type")) {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let parsed = serde_json::from_str::<Value>(text).ok();
    match parsed {
        Some(number @ Value::Number(_)) if kinds.contains(&"integer") || kinds.contains(&"number") => number,
        Some(flag @ Value::Bool(_)) if kinds.contains(&"boolean") => flag,
        _ if kinds.contains(&"array") => {
            let items = schema.and_then(|schema| schema.get("items"));
            text.split(',').map(|part| typed(items, part)).collect()
        }
        _ => Value::String(text.to_owned()),
    }
}

/// The variables of `template` in `path`, or none if it does not fit.
fn matched(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (mut wanted, mut given) = (template.trim_matches('/').split('/'), path.trim_matches('/').split('/'));
    let mut variables = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(variables),
            (Some(wanted), Some(given)) => {
                let name = wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                match name {
                    Some(name) if !given.is_empty() => variables.push((name.to_owned(), percent_decoded(given))),
                    _ if wanted == given => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

/// In paths, unlike in forms, `+` is a plus.
fn percent_decoded(segment: &str) -> String {
    let guarded = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(guarded.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
