//! The catalogue of items, `/QuotationLines/LinkedData`, the set-up of rows, and what makes deliveries of opportunities.

use serde_json::{Value, json};

use crate::frame::{Cx, Reply, Request};

use super::{
    check,
    model::{Entity, LINKED_ENTITY},
    refusal::Refusal,
    store::System,
    switches::{CONVERT, PRICE_IS, UPDATE_FIELD},
    value::{Fields, fields, id, kept},
    write::How,
};

const SETUP: &str = "QuotationLineLinkedSetup";

/// How rows work in a new system: four columns, list price, cost, quantity, discount and VAT per row.
pub(super) fn first_setup() -> Fields {
    let mut setup = Fields::new();
    let mut set = |name: &str, value: Value| drop(setup.insert(format!("{SETUP}{name}"), value));
    for (name, label) in
        [("CostPrice", "Cost"), ("ListPrice", "List price"), ("Price", "Price"), ("Quantity", "Quantity")]
    {
        set(&format!("{name}Label"), json!(label));
    }
    for name in ["CostPrice", "CustomMemo", "ListPrice", "Quantity", "Discount", "Vat", "VatPerLine", "ItemGroup"] {
        set(&format!("Use{name}"), json!(true));
    }
    for name in
        ["TotalDiscount", "IntegerPrice", "IntegerQuantity", "IntegerDiscount", "Revenue", "LineNumber", "Spacer"]
    {
        set(&format!("Use{name}"), json!(false));
    }
    for place in 1..=9 {
        set(&format!("UseLinkedField{place}"), json!(place <= 4));
        set(&format!("Field{place}"), json!(0));
    }
    for name in ["HighlightVat", "PastAsCostPrice", "IsImageEnabled", "IsUniqueValueRequired"] {
        set(name, json!(false));
    }
    for name in ["FontSize", "ImageWidth", "ImageHeight", "MemoField", "Id"] {
        set(name, json!(0));
    }
    for name in ["FontFamily", "CostPriceConditionField", "CostPriceConditionValue", "ImageUrl", "CreateDateField"] {
        set(name, json!(""));
    }
    set("CostPriceEditMode", json!("Always"));
    set("EntityType", json!(LINKED_ENTITY.get(7)));
    set("LinkMode", json!("Regular"));
    set("LookupMode", json!("DropdownLists"));
    setup
}

impl System {
    /// The calls below `/QuotationLines/LinkedData`.
    pub(super) fn linked_data(
        &mut self,
        cx: &Cx<'_>,
        path: &[&str],
        request: &Request,
        how: &How,
    ) -> Result<Reply, Refusal> {
        match (request.method.as_str(), path) {
            ("GET", []) => {
                let seen = self.all(Entity::Item).filter(|(id, _)| !self.hidden(cx, Entity::Item, *id));
                let views = seen.map(|(_, item)| self.view(cx.switches, Entity::Item, item));
                Ok(Reply::json(200, &views.collect::<Vec<_>>()))
            }
            ("POST", []) => self.post(cx, Entity::Item, request, how),
            ("DELETE", []) => {
                self.clear(Entity::Item);
                Ok(Reply::empty(200))
            }
            (method, [key]) => {
                let key = key.parse().map_err(|_| Refusal::no_path())?;
                match method {
                    "GET" => self.get_one(cx, Entity::Item, key),
                    "PUT" => self.put_one(cx, Entity::Item, key, request, how),
                    "DELETE" => {
                        self.remove(Entity::Item, key).ok_or_else(Refusal::missing)?;
                        Ok(Reply::empty(200))
                    }
                    _ => Err(Refusal::no_path()),
                }
            }
            _ => Err(Refusal::no_path()),
        }
    }

    /// `GET /QuotationLines/LinkedSetup`
    pub(super) fn linked_setup(&self, cx: &Cx<'_>) -> Reply {
        let mut setup = self.linked_setup.clone();
        let total = cx.switches.is(&PRICE_IS, "line_total");
        let column = if cx.switches.is(&UPDATE_FIELD, "data9") { "Data9" } else { "" };
        setup.insert(format!("{SETUP}UsePriceLine"), json!(total));
        setup.insert(format!("{SETUP}UsePriceTotal"), json!(total));
        setup.insert(format!("{SETUP}UpdateDateField"), json!(column));
        Reply::json(200, &setup)
    }

    /// `POST /{Opportunities|Deliveries}/{id}/Move`
    pub(super) fn move_deal(
        &mut self,
        cx: &Cx<'_>,
        entity: Entity,
        key: u64,
        request: &Request,
        how: &How,
    ) -> Result<Reply, Refusal> {
        self.found(entity, key)?;
        let body = check::object(request)?;
        let target =
            id(&body, "NewOrganisationId").ok_or_else(|| Refusal::invalid("NewOrganisationId: is required"))?;
        let set = fields(json!({ entity.model().name("OrganisationId"): target }));
        self.save(cx, entity, Some(key), set, &How { person: true, ..how.clone() })?;
        Ok(Reply::empty(204))
    }

    /// `POST …/ConvertToDelivery` and `…/ConvertToOpportunity/{level}`: gives the id that the deal has afterwards.
    pub(super) fn convert(
        &mut self,
        cx: &Cx<'_>,
        from: Entity,
        key: u64,
        level: Option<i64>,
        how: &How,
    ) -> Result<u64, Refusal> {
        let old = self.found(from, key)?.clone();
        let to = if from == Entity::Delivery { Entity::Opportunity } else { Entity::Delivery };
        let mut record = converted(from, to, &old);
        if let Some(level) = level {
            record.insert("OpportunityLevel".into(), json!(level));
        }
        let target = if cx.switches.is(&CONVERT, "moves") {
            self.remove(from, key);
            self.announce(cx, from, key, "Delete", &old, how);
            key
        } else {
            let copy = self.next_id(to);
            for line in self.lines_of(key) {
                let Some(mut line) = self.get(Entity::Line, line).cloned() else { continue };
                let place = self.next_id(Entity::Line);
                line.insert("QuotationLineId".into(), json!(place));
                line.insert("QuotationLineOpportunityId".into(), json!(copy));
                self.put(Entity::Line, place, line);
            }
            record.insert(to.model().name("CreatedAt"), kept(cx.now));
            copy
        };
        record.insert(to.model().key(), json!(target));
        record.insert(to.model().name("UpdatedAt"), kept(cx.now));
        record.insert(to.model().name("UpdatedBy"), json!(how.author));
        self.announce(cx, to, target, "Create", &record, how);
        self.put(to, target, record);
        Ok(target)
    }
}

/// The same row of the one table underneath, under the other names. A delivery shows its opportunity's own fields too.
fn converted(from: Entity, to: Entity, old: &Fields) -> Fields {
    let (from, to) = (from.model(), to.model());
    let is_own = |rest: &str| ["Custom", "Plus", "Memo"].iter().any(|stem| rest.starts_with(stem));
    let fields = to.fields.iter().map(|field| {
        let rest = field.name.strip_prefix(to.prefix).unwrap_or_default();
        let source = match rest.strip_prefix("Opportunity") {
            Some(own) if is_own(own) => from.name(own),
            _ if is_own(rest) && to.prefix == "Opportunity" => from.name(&format!("Opportunity{rest}")),
            _ if is_own(rest) => String::new(),
            _ => from.name(rest),
        };
        let value = old.get(&source).cloned().unwrap_or_else(|| field.default());
        (field.name.clone(), value)
    });
    fields.collect()
}
