//! The page on which a company is chosen.

use crate::frame::{Reply, Request};

/// One link for each company, which leads back to the client with a code, and one that refuses.
pub(crate) fn page(request: &Request, companies: &[(String, String)]) -> Reply {
    let link = |company: Option<&str>, text: &str| {
        let mut pairs = request.query_pairs();
        pairs.retain(|(name, _)| name != "company");
        pairs.extend(company.map(|company| ("company".to_owned(), company.to_owned())));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("<li><a href=\"/connect/consent?{}\">{}</a></li>", escaped(&query), escaped(text))
    };
    let choices: String = companies.iter().map(|(id, name)| link(Some(id), name)).collect();
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
