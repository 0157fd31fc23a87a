//! The page on which a person chooses one company.

use crate::frame::{Reply, Request};

use super::Settings;

/// One link for each company, which leads back to the client with a code, and one that refuses.
pub(super) fn page(request: &Request, settings: &Settings) -> Reply {
    let link = |company: Option<&str>, text: &str| {
        let mut pairs = request.query_pairs();
        pairs.retain(|(name, _)| name != "company");
        pairs.extend(company.map(|company| ("company".to_owned(), company.to_owned())));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("<li><a href=\"/connect/consent?{}\">{}</a></li>", escaped(&query), escaped(text))
    };
    let choices = settings.companies.iter().map(|company| link(Some(&company.tenant_id), &company.name));
    let choices = choices.collect::<String>();
    let refuse = link(None, "No");
    let page = format!(
        "<!doctype html><html><head><title>Choose a company</title></head>\
         <body><h1>Choose a company</h1><ul>{choices}{refuse}</ul></body></html>"
    );
    Reply::text(200, "text/html; charset=utf-8", &page)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
