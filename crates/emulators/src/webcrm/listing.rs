//! Lists: bare arrays, page by page, with nothing that says whether there is more; unknown parameters are ignored.

use serde_json::Value;

use crate::frame::{Cx, Reply, Request};

use super::{
    model::{Entity, Kind},
    refusal::Refusal,
    store::System,
    switches::{DEFAULT_SIZE, ORDER_OF_LISTS, SEARCH_IN, SEARCH_PARAMETER, SIZE_MAX, SIZE_OVER},
    value::{Fields, id, instant, read_instant, text},
};

/// The query's parameter of this name, whatever its case.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    request.query_pairs().into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The part of `all` that `Page` and `Size` ask for.
pub(super) fn page<T>(cx: &Cx<'_>, request: &Request, all: Vec<T>) -> Result<Vec<T>, Refusal> {
    let number = |name: &str, most: u64| match parameter(request, name) {
        None => Ok(None),
        Some(given) => match given.trim().parse::<u64>() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => Err(Refusal::parameter(format!("The field {name} must be between 1 and {most}."))),
        },
    };
    let most = u64::try_from(cx.switches.number(&SIZE_MAX)).unwrap_or(1000);
    let clamped = cx.switches.is(&SIZE_OVER, "clamped");
    let size = number("Size", if clamped { u64::MAX } else { most })?;
    let size = size.or_else(|| u64::try_from(cx.switches.number(&DEFAULT_SIZE)).ok()).unwrap_or(1).min(most);
    let page = number("Page", 1_000_000)?.unwrap_or(1);
    let skip = usize::try_from(page.saturating_sub(1).saturating_mul(size)).unwrap_or(usize::MAX);
    Ok(all.into_iter().skip(skip).take(usize::try_from(size).unwrap_or(usize::MAX)).collect())
}

impl System {
    /// The records that `wanted` lets through, as one page of answers.
    pub(super) fn list(
        &self,
        cx: &Cx<'_>,
        entity: Entity,
        request: &Request,
        wanted: impl Fn(&Fields) -> bool,
    ) -> Result<Reply, Refusal> {
        let seen = self.all(entity).filter(|(id, record)| wanted(record) && !self.hidden(cx, entity, *id));
        let mut found = seen.map(|(_, record)| record).collect::<Vec<_>>();
        if cx.switches.is(&ORDER_OF_LISTS, "newest_first") {
            found.reverse();
        }
        self.answer(cx, entity, request, found)
    }

    fn answer(&self, cx: &Cx<'_>, entity: Entity, request: &Request, found: Vec<&Fields>) -> Result<Reply, Refusal> {
        let page = page(cx, request, found)?;
        let views = page.into_iter().map(|record| self.view(cx.switches, entity, record));
        Ok(Reply::json(200, &views.collect::<Vec<_>>()))
    }

    /// `GET /{Opportunities|Deliveries}/{id}/QuotationLines`
    pub(super) fn list_lines(&self, cx: &Cx<'_>, parent: u64, request: &Request) -> Result<Reply, Refusal> {
        let ids = self.lines_of(parent).into_iter().filter(|id| !self.hidden(cx, Entity::Line, *id));
        self.answer(cx, Entity::Line, request, ids.filter_map(|id| self.get(Entity::Line, id)).collect())
    }

    /// `…/FindByCreateDates/{start}/{end}` and `…/FindByUpdateDates/…`: the start is within, the end is not.
    pub(super) fn find_by_dates(
        &self,
        cx: &Cx<'_>,
        entity: Entity,
        stamp: &str,
        (start, end): (&str, &str),
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let read = |given: &str| {
            let given = given.to_uppercase();
            let at = read_instant(&given, cx.switches);
            at.ok_or_else(|| Refusal::parameter(format!("The value '{given}' is not valid.")))
        };
        let (start, end) = (instant(&read(start)?), instant(&read(end)?));
        let name = entity.model().name(stamp);
        self.list(cx, entity, request, |record| {
            let at = record.get(&name).and_then(instant);
            at.is_some() && at >= start && at < end
        })
    }

    /// `…/By…/{id}`: the records whose field has this id.
    pub(super) fn list_by(
        &self,
        cx: &Cx<'_>,
        entity: Entity,
        field: &str,
        value: &str,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let name = entity.model().name(field);
        let wrong = || Refusal::parameter(format!("The value '{value}' is not valid."));
        let kind = entity.model().field(&name).map(|field| field.kind);
        if let Some(Kind::Words(words)) = kind {
            let word = words.iter().find(|word| word.eq_ignore_ascii_case(value)).ok_or_else(wrong)?;
            return self.list(cx, entity, request, |record| text(record, &name) == *word);
        }
        let wanted: i64 = value.parse().map_err(|_| wrong())?;
        self.list(cx, entity, request, |record| record.get(&name).and_then(Value::as_i64) == Some(wanted))
    }

    /// `/Organisations/Search`, `/Persons/Search`: without the parameter that the system knows, everything.
    pub(super) fn search(&self, cx: &Cx<'_>, entity: Entity, request: &Request) -> Result<Reply, Refusal> {
        let wanted = parameter(request, cx.switches.word(&SEARCH_PARAMETER)).unwrap_or_default().to_lowercase();
        let everywhere = cx.switches.is(&SEARCH_IN, "all_texts");
        let name = entity.model().name("Name");
        self.list(cx, entity, request, |record| {
            let texts = record.iter().filter(|(field, _)| everywhere || **field == name);
            wanted.is_empty()
                || texts.filter_map(|(_, value)| value.as_str()).any(|text| text.to_lowercase().contains(&wanted))
        })
    }

    /// `GET /{Entity}/{id}`
    pub(super) fn get_one(&self, cx: &Cx<'_>, entity: Entity, id: u64) -> Result<Reply, Refusal> {
        Ok(Reply::json(200, &self.view(cx.switches, entity, self.found(entity, id)?)))
    }

    /// The persons of an organisation, the organisation itself being there.
    pub(super) fn persons_of(&self, cx: &Cx<'_>, organisation: u64, request: &Request) -> Result<Reply, Refusal> {
        self.found(Entity::Organisation, organisation)?;
        self.list(cx, Entity::Person, request, |record| id(record, "PersonOrganisationId") == Some(organisation))
    }
}
