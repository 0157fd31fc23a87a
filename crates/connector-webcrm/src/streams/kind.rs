//! Deliveries and opportunities: two resources of one make, and what differs.

use sync_core::{
    FieldPath,
    error::{Error, ErrorKind, Result},
    model::OrderStage,
};

use crate::{
    client::Resource,
    codes::{DELIVERY_STATUS, ERP_STATUS, Lists, RISK},
    config::Config,
    fields::{Form, OwnFields, family, own_path},
};

/// Orders.
pub(crate) const DELIVERIES: &str = "deliveries";
/// Quotes.
pub(crate) const OPPORTUNITIES: &str = "opportunities";

/// Which of the two.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(super) stream: &'static str,
    pub(super) stage: OrderStage,
    pub(super) of: Resource,
    pub(super) lines: &'static str,
    pub(super) created: &'static str,
}

/// Orders.
pub(crate) const DELIVERY: Kind = Kind {
    stream: DELIVERIES,
    stage: OrderStage::Order,
    of: Resource {
        entity: "Delivery",
        all: "/Deliveries",
        one: "/Deliveries/{id}",
        list: "list deliveries",
        get: "get delivery",
        find: "find deliveries",
        create: "create delivery",
        update: "update delivery",
    },
    lines: "/Deliveries/{id}/QuotationLines",
    created: "/Deliveries/FindByCreateDates/{from}/{until}",
};
/// Quotes.
pub(crate) const OPPORTUNITY: Kind = Kind {
    stream: OPPORTUNITIES,
    stage: OrderStage::Quote,
    of: Resource {
        entity: "Opportunity",
        all: "/Opportunities",
        one: "/Opportunities/{id}",
        list: "list opportunities",
        get: "get opportunity",
        find: "find opportunities",
        create: "create opportunity",
        update: "update opportunity",
    },
    lines: "/Opportunities/{id}/QuotationLines",
    created: "/Opportunities/FindByCreateDates/{from}/{until}",
};

impl Kind {
    /// What the vendor calls it.
    pub(crate) fn entity(&self) -> &'static str {
        self.of.entity
    }
    /// # Errors
    /// `Config` where the configuration names a field that this system does not have.
    pub(crate) fn check(&self, config: &Config, lists: &Lists) -> Result<()> {
        let (setting, places) = match self.is_order() {
            true => ("deliveries", &config.deliveries),
            false => ("opportunities", &config.opportunities),
        };
        let mark = self.is_made(config).then_some(&config.mark);
        let booked = config.booked.as_ref().filter(|_| self.is_order());
        for name in places.values().chain(mark).chain(booked) {
            let own = name.starts_with("Custom") || name.starts_with("Plus");
            if own && lists.knows(self.of.entity) && !lists.fields.contains_key(&self.key(name)) {
                let line =
                    format!("{setting} or mark: {} is not set up in this webCRM; set it up there", self.key(name));
                return Err(Error::new(ErrorKind::Config, "connect", line));
            }
        }
        Ok(())
    }
    pub(super) fn is_order(&self) -> bool {
        self.stage == OrderStage::Order
    }
    /// Whether new ones are made here, and their lines written.
    pub(super) fn is_made(&self, config: &Config) -> bool {
        self.is_order() || config.make_opportunities
    }
    pub(super) fn key(&self, name: &str) -> String {
        self.of.key(name)
    }
    /// Where our mark is kept, by our name.
    pub(super) fn mark(config: &Config) -> FieldPath {
        own_path(&config.mark)
    }
}

/// Own fields: the handshake with the other system among them, and the places that the configuration names for what the
/// vendor has no field for.
pub(super) fn own_fields(kind: &Kind, config: &Config, lists: &Lists) -> OwnFields {
    let e = kind.of.entity;
    let mut own = OwnFields::default();
    own.reads(e, Form::Number, ["Id", "Discount"]);
    own.reads(e, Form::Text, ["CreatedBy", "UpdatedBy", "CurrencyName", "CurrencySymbol", "ErpReadOnly"]);
    own.reads(e, Form::Moment, ["CreatedAt", "UpdatedAt"]);
    own.reads(e, Form::Number, family("Revenue", 12).chain(family("GmRevenue", 12)));
    own.reads(e, Form::Id, ["ProductId", "QuotationLanguageId", "UserGroupId"]);
    own.writes(e, Form::Id, None, lists, ["AssignedTo", "AssignedTo2"]);
    own.writes(e, Form::Number, None, lists, ["OrderValue", "OrderGmValue", "Percent", "WinPercent", "WinPercent2"]);
    own.writes(e, Form::Flag, None, lists, ["WinYesNo"]);
    own.writes(e, Form::Moment, None, lists, ["NextFollowUp", "ErpSyncDateTime"]);
    own.writes(e, Form::Text, None, lists, ["ErpId", "Comment", "Memo", "Search1", "Search2", "Product", "SpentTime"]);
    own.writes(e, Form::Word(&ERP_STATUS), None, lists, ["ErpStatus"]);
    if kind.is_order() {
        own.writes(e, Form::Word(&DELIVERY_STATUS), None, lists, ["Status"]);
        own.writes(e, Form::Word(&RISK), None, lists, ["Risk"]);
        own.writes(e, Form::Id, None, lists, ["Responsible"]);
        own.writes(e, Form::Number, None, lists, ["Type"]);
        own.writes(e, Form::Day, None, lists, ["WonDate"]);
        // the opportunity's own fields, seen from the delivery
        own.reads(e, Form::Text, ["OpportunityMemo"]);
        own.reads(e, Form::Text, family("OpportunityCustom", 15).chain(family("OpportunityPlus", 20)));
    } else {
        // a system may make a delivery of what reaches a level: that is no change of a field, so it is given once
        own.gives(e, Form::Number, ["Level"]);
        own.reads(e, Form::Text, ["LevelText"]);
        own.writes(e, Form::Text, None, lists, ["Lost1", "Lost2", "Lost3"]);
        own.writes(e, Form::Day, None, lists, ["LostDate"]);
    }
    own.set_up(e, None, lists, family("Custom", 15).chain(family("Plus", 20)));
    let places = if kind.is_order() { &config.deliveries } else { &config.opportunities };
    for (path, name) in places {
        own.place(e, name, FieldPath::new(path), lists);
    }
    match (kind.is_order(), &config.booked) {
        (true, Some(booked)) => own.only_read(&kind.key(booked)),
        (true, None) => own,
        (false, _) if kind.is_made(config) => own,
        (false, _) => own.never_made(),
    }
}
