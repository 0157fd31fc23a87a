//! Cardbox, a vendor that does not exist: the double that the guide's connector talks to. It enforces what the guide
//! says of it: sign-in, page size, lengths, unknown keys, codes that are taken.
use std::collections::BTreeMap;

use emulators::frame::{Cx, Refused, Reply, Request, Switch, Vendor};
use serde_json::{Map, Value, json};

/// What the double lets in.
pub(crate) const KEY: &str = "guide-key";
/// Most cards on a page, and most characters of a name.
const PAGE: usize = 3;
const NAME: usize = 30;
/// What a card has beside its id and its stamp.
const TEXTS: [&str; 4] = ["code", "name", "mail", "phone"];

/// All cards by number: card 7 has the id `c/7`.
#[derive(Debug, Default)]
pub(crate) struct Cardbox {
    cards: BTreeMap<u64, Map<String, Value>>,
    last: u64,
}

/// A refusal in the vendor's shape.
fn refuse(status: u16, code: &str, text: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "text": text } }))
}

impl Cardbox {
    /// A card in one line.
    pub(crate) fn line(&self, id: &str) -> String {
        let Some(card) = number(id).and_then(|number| self.cards.get(&number)) else { return format!("no {id}") };
        TEXTS.map(|key| card.get(key).and_then(Value::as_str).unwrap_or("-").to_owned()).join(", ")
    }
    /// Puts the texts of `sent` on a card, a new one if `number` is none; its number.
    fn save(&mut self, cx: &Cx<'_>, number: Option<u64>, sent: &Value) -> Result<u64, Reply> {
        let wrong = |code, text: &str| Err(refuse(422, code, text));
        let Some(sent) = sent.as_object() else { return wrong("body", "a JSON object is expected") };
        let blank = TEXTS.map(|key| (key.to_owned(), Value::Null));
        let mut card = match number {
            Some(number) => self.cards.get(&number).cloned().unwrap_or_default(),
            None => blank.into_iter().collect(),
        };
        for (key, value) in sent {
            match value {
                _ if !TEXTS.contains(&key.as_str()) => return wrong("key", &format!("a card has no {key}")),
                Value::Null | Value::String(_) => _ = card.insert(key.clone(), value.clone()),
                _ => return wrong("type", &format!("{key} is a text")),
            }
        }
        match card.get("name").and_then(Value::as_str).map_or(0, |name| name.chars().count()) {
            0 => return wrong("name", "a card needs a name"),
            1..=NAME => {}
            _ => return wrong("name", "a name has at most 30 characters"),
        }
        let number = number.unwrap_or(self.last + 1);
        let code = card.get("code").filter(|code| !code.is_null());
        if code.is_some() && self.cards.iter().any(|(other, card)| *other != number && card.get("code") == code) {
            return Err(refuse(409, "taken", "another card has this code"));
        }
        card.insert("id".to_owned(), json!(format!("c/{number}")));
        card.insert("changed".to_owned(), json!(cx.now));
        self.cards.insert(number, card);
        self.last = self.last.max(number);
        Ok(number)
    }
    fn list(&self, request: &Request) -> Reply {
        let limit = request.param("limit").map_or(Ok(PAGE), |limit| limit.parse());
        let Ok(limit @ 1..=PAGE) = limit else { return refuse(400, "limit", "limit is a number from 1 to 3") };
        let after = request.param("after").and_then(|id| number(&id)).unwrap_or_default();
        let code = request.param("code");
        let fits =
            |card: &&Map<String, Value>| code.as_deref().is_none_or(|code| card.get("code") == Some(&json!(code)));
        let mut cards: Vec<_> =
            self.cards.range(after + 1..).map(|(_, card)| card).filter(fits).take(limit + 1).collect();
        let more = cards.len() > limit;
        cards.truncate(limit);
        let next = cards.last().and_then(|card| card.get("id")).filter(|_| more);
        Reply::json(200, &json!({ "cards": cards, "next": next }))
    }
    fn one(&mut self, cx: &Cx<'_>, request: &Request, id: &str) -> Reply {
        let Some(number) = number(id).filter(|number| self.cards.contains_key(number)) else {
            return refuse(404, "none", "there is no such card");
        };
        match request.method.as_str() {
            "GET" => Reply::json(200, &self.cards.get(&number)),
            "PATCH" => self.answer(200, |cards| cards.save(cx, Some(number), &request.json().unwrap_or_default())),
            "DELETE" => {
                self.cards.remove(&number);
                Reply::empty(204)
            }
            _ => refuse(405, "method", "cards are read, changed and removed"),
        }
    }
    fn answer(&mut self, status: u16, save: impl FnOnce(&mut Self) -> Result<u64, Reply>) -> Reply {
        match save(self) {
            Ok(number) => Reply::json(status, &self.cards.get(&number)),
            Err(refusal) => refusal,
        }
    }
}

fn number(id: &str) -> Option<u64> {
    id.strip_prefix("c/")?.parse().ok()
}

impl Vendor for Cardbox {
    fn name(&self) -> &'static str {
        "cardbox"
    }
    fn switches(&self) -> &'static [Switch] {
        &[]
    }
    fn collections(&self) -> &'static [&'static str] {
        &["cards"]
    }
    fn handle(&mut self, cx: &Cx<'_>, request: &Request) -> Reply {
        if request.bearer() != Some(KEY) {
            return refuse(401, "key", "this key opens no box");
        }
        let path = request.segments();
        match (request.method.as_str(), path.iter().map(String::as_str).collect::<Vec<_>>().as_slice()) {
            ("GET", ["me"]) => Reply::json(200, &json!({ "box": "b17", "name": "Cards of Nordic Widgets" })),
            ("GET", ["cards"]) => self.list(request),
            ("POST", ["cards"]) => self.answer(201, |cards| cards.save(cx, None, &request.json().unwrap_or_default())),
            (_, ["cards", id]) => self.one(cx, request, id),
            _ => refuse(404, "path", "there is nothing here"),
        }
    }
    fn state(&self) -> Value {
        json!({ "cards": self.cards.values().collect::<Vec<_>>() })
    }
    fn seed(&mut self, cx: &Cx<'_>, _: &str, records: Vec<Value>) -> Result<(), Refused> {
        for record in records {
            let saved = self.save(cx, None, &record);
            saved.map_err(|refusal| Refused::new(String::from_utf8_lossy(&refusal.body)))?;
        }
        Ok(())
    }
    fn failure(&self, status: u16) -> Reply {
        refuse(status, "fault", "the box is broken")
    }
    fn rate_limited(&self) -> Reply {
        refuse(429, "slow", "too many calls")
    }
    /// `{"action": "edit", "id": "c/1", "phone": "…"}`: what people do in the box.
    fn act(&mut self, cx: &Cx<'_>, action: &str, with: &Map<String, Value>) -> Result<Value, Refused> {
        let id = with.get("id").and_then(Value::as_str).and_then(number).filter(|id| self.cards.contains_key(id));
        let (Some(id), "edit") = (id, action) else { return Err(Refused::new("edit takes the id of a card")) };
        let texts = with.iter().filter(|(key, _)| TEXTS.contains(&key.as_str()));
        let texts: Map<String, Value> = texts.map(|(key, value)| (key.clone(), value.clone())).collect();
        let saved = self.save(cx, Some(id), &Value::Object(texts));
        saved.map(|_| json!({})).map_err(|refusal| Refused::new(String::from_utf8_lossy(&refusal.body)))
    }
}
