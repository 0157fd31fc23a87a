//! The fields of webCRM's records, as the vendor's description of 2019 and the fields seen since have them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::value::NO_DATE;

/// The records that have a table of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entity {
    User,
    Organisation,
    Person,
    Opportunity,
    Delivery,
    Item,
    Line,
}

pub(super) const ENTITIES: [Entity; 7] = [
    Entity::User,
    Entity::Organisation,
    Entity::Person,
    Entity::Opportunity,
    Entity::Delivery,
    Entity::Item,
    Entity::Line,
];

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// So many characters at the most; 0: no limit known.
    Text(usize),
    Int,
    Number,
    Flag,
    Instant,
    /// A day, kept as midnight UTC.
    Day,
    /// One of these words; queries compare its place in the list.
    Words(&'static [&'static str]),
}

/// Who writes a field, and where it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Client,
    /// The server alone.
    Server,
    /// A client, but the field came after the description of 2019: seen only where the switch `drift` says so.
    Newer,
    /// Marked obsolete, or not configured: null until written.
    Unset,
}

use Kind::{Day, Flag, Instant, Int, Number, Text, Words};
use Own::{Client, Newer, Server, Unset};

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) own: Own,
}

impl Field {
    /// What a new record has here.
    pub(super) fn default(&self) -> Value {
        match self.kind {
            _ if self.own == Unset => Value::Null,
            Text(_) => json!(""),
            Int | Number => json!(0),
            Flag => json!(false),
            Instant | Day => json!(NO_DATE),
            Words(words) => json!(words.first()),
        }
    }

    /// Whether it is one of the fields whose meaning each system chooses.
    pub(super) fn is_plus(&self) -> bool {
        self.name.contains("Plus")
    }
}

/// All fields of one kind of record.
#[derive(Debug)]
pub(super) struct Model {
    /// Before each field's name.
    pub(super) prefix: &'static str,
    /// Its collection in paths.
    pub(super) path: &'static str,
    pub(super) fields: Vec<Field>,
}

impl Model {
    fn new(prefix: &'static str, path: &'static str, tables: &[&[Row]]) -> Self {
        let mut fields = Vec::new();
        for (kind, own, names) in tables.iter().copied().flatten() {
            for name in names.split_whitespace().flat_map(numbered) {
                fields.push(Field { name: format!("{prefix}{name}"), kind: *kind, own: *own });
            }
        }
        Self { prefix, path, fields }
    }

    /// The key of its records.
    pub(super) fn key(&self) -> String {
        format!("{}Id", self.prefix)
    }

    /// Its field of this name, prefix left out.
    pub(super) fn name(&self, rest: &str) -> String {
        format!("{}{rest}", self.prefix)
    }

    /// The field of this whole name, whatever the case.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

type Row = (Kind, Own, &'static str);

/// `Custom1..15` as fifteen names.
fn numbered(name: &str) -> Vec<String> {
    let split = name.split_once("..").and_then(|(first, last)| {
        let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
        Some((stem, first.strip_prefix(stem)?.parse::<u8>().ok()?, last.parse::<u8>().ok()?))
    });
    match split {
        Some((stem, first, last)) => (first..=last).map(|place| format!("{stem}{place}")).collect(),
        None => vec![name.to_owned()],
    }
}

impl Entity {
    pub(super) fn model(self) -> &'static Model {
        match self {
            Self::User => &USER,
            Self::Organisation => &ORGANISATION,
            Self::Person => &PERSON,
            Self::Opportunity => &OPPORTUNITY,
            Self::Delivery => &DELIVERY,
            Self::Item => &ITEM,
            Self::Line => &LINE,
        }
    }

    /// The collection's name in seeds, in the state and for [`Births`](crate::frame::Births).
    pub(super) fn collection(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Organisation => "organisations",
            Self::Person => "persons",
            Self::Opportunity => "opportunities",
            Self::Delivery => "deliveries",
            Self::Item => "linked-data",
            Self::Line => "quotation-lines",
        }
    }

    pub(super) fn of_collection(name: &str) -> Option<Self> {
        ENTITIES.into_iter().find(|entity| entity.collection() == name)
    }

    /// Whether its rows hang on a quote or an order.
    pub(super) fn is_deal(self) -> bool {
        matches!(self, Self::Opportunity | Self::Delivery)
    }
}

/// Of opportunities and deliveries.
pub(super) const ERP_STATUS: &[&str] = &["NotReadyForSynchronization", "ReadyForSynchronization", "Synchronized"];
pub(super) const DELIVERY_STATUS: &[&str] = &["New", "Planned", "OnGoing", "Completed", "GeneralDelivery"];
const RISK: &[&str] = &["NoRisk", "Small", "Medium", "High", "Crises"];
const PERSON_STATUS: &[&str] = &["Active", "Resigned", "Other", "Guest"];
const LAST_ITEM: &[&str] = &["Undefined", "Activity", "Opportunity", "Delivery", "Meeting", "SupportCase"];
pub(super) const LINKED_ENTITY: &[&str] = &[
    "Undefined",
    "Organisation",
    "Person",
    "Activity",
    "Meeting",
    "Opportunity",
    "Delivery",
    "Product",
    "SupportCase",
    "SupportFaq",
];

const COLORS: &[&str] = &[
    "Dashboard",
    "Scheme0",
    "Scheme1",
    "Scheme2",
    "Scheme3",
    "Scheme4",
    "Scheme5",
    "Scheme6",
    "Scheme7",
    "Scheme8",
    "Scheme9",
];

const AUDIT: &[Row] = &[(Instant, Server, "CreatedAt UpdatedAt"), (Text(0), Server, "CreatedBy UpdatedBy")];
const OWN_FIELDS: &[Row] = &[(Text(0), Client, "Custom1..15 Memo"), (Text(0), Unset, "Plus1..20")];

static ORGANISATION: LazyLock<Model> = LazyLock::new(|| {
    let own: &[Row] = &[
        (Int, Server, "Id"),
        (Text(500), Server, "CompareName"),
        (Text(0), Server, "History TelephoneSearch"),
        (Instant, Server, "LastDisplayedAt LastItemUpdatedAt"),
        (Words(LAST_ITEM), Server, "LastItemType"),
        (Text(250), Client, "Address"),
        (Text(200), Client, "Name DivisionName"),
        (
            Text(50),
            Client,
            "Alert City Country Domain ExtraCustom1..8 Fax Gps Industry Telephone VatNumber Www XText1..8",
        ),
        (Text(20), Client, "VatGroup"),
        (Text(10), Client, "VatCountry"),
        (Text(0), Client, "Comment ImageFileExtension MarketDataId OverlayUrl PostCode State Status Type VatStatus"),
        (Text(0), Client, "XMemo1..2"),
        (Instant, Client, "VatVerifiedAt XDate1..2"),
        (
            Int,
            Client,
            "ApprovalStatus MarketDataProviderId OutlookSync Owner Owner2 ReportTemp Sla TerritoryId XInt1..8",
        ),
        (Flag, Client, "NoAds"),
        (Text(0), Newer, "CurrencyName DeliveryAddress DeliveryPostCode DeliveryCity"),
    ];
    Model::new("Organisation", "Organisations", &[own, AUDIT, OWN_FIELDS])
});

static PERSON: LazyLock<Model> = LazyLock::new(|| {
    let own: &[Row] = &[
        (Int, Server, "Id CampaignWrongPasswordCount"),
        (Text(0), Server, "Name History TelephoneSearch LoginLog"),
        (Instant, Client, "Birthday"),
        (Flag, Client, "BlockMassEmail BlockMassEmail2 CheckMark1..10 EmailBounces Email2Bounces"),
        (Text(0), Client, "CampaignPassword Comment DirectPhone Email Email2 FirstName ImageFileExtension LastName"),
        (Text(0), Client, "MarketDateId MiddleName MobilePhone Password Salutation Skype Title"),
        (Int, Client, "OrganisationId SortOrder SupportLanguageId"),
        (Words(PERSON_STATUS), Client, "Status"),
        (Instant, Unset, "LastLoginDateTime MemberStartDate"),
        (Int, Unset, "MemberGroupId MemberLanguageId MemberStatusId MemberWrongPasswordCount"),
        (Text(0), Unset, "MemberNumber MemberPassword"),
        (Int, Newer, "MarketDataProviderId"),
    ];
    Model::new("Person", "Persons", &[own, AUDIT, OWN_FIELDS])
});

/// What opportunities and deliveries have in common: they are one table underneath.
const DEAL: &[Row] = &[
    (Int, Server, "Id"),
    (Text(0), Server, "History"),
    (Int, Client, "AssignedTo AssignedTo2 OrganisationId Percent PersonId ProductId QuotationLanguageId UserGroupId"),
    (Int, Client, "WinPercent WinPercent2"),
    (
        Text(0),
        Client,
        "Comment CurrencyName Description ErpId ErpReadOnly Note Number Product Search1 Search2 SpentTime",
    ),
    (Number, Client, "Discount GmRevenue1..12 OrderGmValue OrderValue Revenue1..12"),
    (Words(ERP_STATUS), Client, "ErpStatus"),
    (Instant, Client, "ErpSyncDateTime NextFollowUp"),
    (Day, Client, "OrderDate"),
    (Flag, Client, "WinYesNo"),
    (Text(0), Newer, "CurrencySymbol"),
];

static OPPORTUNITY: LazyLock<Model> = LazyLock::new(|| {
    let own: &[Row] = &[
        (Int, Client, "Level"),
        (Text(0), Server, "LevelText"),
        (Text(0), Client, "Lost1..3"),
        (Instant, Client, "LostDate"),
        (Int, Newer, "PipelineType PersonId2"),
        (Text(0), Newer, "Address PostCode City State CountryValue"),
    ];
    Model::new("Opportunity", "Opportunities", &[DEAL, own, AUDIT, OWN_FIELDS])
});

static DELIVERY: LazyLock<Model> = LazyLock::new(|| {
    let own: &[Row] = &[
        (Text(0), Client, "OpportunityCustom1..15 OpportunityMemo"),
        (Text(0), Unset, "OpportunityPlus1..20"),
        (Int, Client, "Responsible Type"),
        (Words(RISK), Client, "Risk"),
        (Words(DELIVERY_STATUS), Client, "Status"),
        (Instant, Client, "WonDate"),
        (Text(0), Newer, "OpportunityCurrencyName OpportunityCurrencySymbol"),
    ];
    Model::new("Delivery", "Deliveries", &[DEAL, own, AUDIT, OWN_FIELDS])
});

static LINE: LazyLock<Model> = LazyLock::new(|| {
    let own: &[Row] = &[
        (Int, Server, "Id"),
        (Text(0), Client, "Comment Data1..9 Memo StockStatus"),
        (Number, Client, "CostPrice Discount ListPrice Price Quantity VatPercentage"),
        (Int, Client, "OpportunityId OrganisationId PersonId SortOrder LinkedDataId"),
    ];
    Model::new("QuotationLine", "QuotationLines", &[own, AUDIT])
});

static ITEM: LazyLock<Model> = LazyLock::new(|| {
    let own: &[Row] = &[
        (Int, Server, "Id"),
        (Text(0), Client, "Data1..9 DataMemo ItemGroup VatCode"),
        (Number, Unset, "CostPrice Price"),
        (Words(LINKED_ENTITY), Client, "EntityType"),
    ];
    Model::new("QuotationLineLinkedDataItem", "LinkedData", &[own])
});

static USER: LazyLock<Model> = LazyLock::new(|| {
    let own: &[Row] = &[
        (Int, Server, "Id LoginCount WrongPasswordCount"),
        (
            Int,
            Client,
            "AccessId AccessLevel DefaultSupportCaseChannel DefaultMemberGroupId GroupId LanguageId SmsLogin",
        ),
        (Int, Client, "DefaultOpportunity2ndResponsible DefaultOrganisation2ndResponsible GmtDifference"),
        (
            Text(0),
            Client,
            "AdvancedGroups AuthenticationCode BccEmail BccTag BudgetNote CurrencyName DecimalPoint Email",
        ),
        (
            Text(0),
            Client,
            "Initials IntegrationId IpRestrict LoginLog LoginName MobilePhone Name Password PhoneParameters",
        ),
        (Text(0), Client, "SoftCall Telephone Territories Ticket Title Custom1..15 Memo"),
        (Flag, Client, "IsRestApiEnabled IsSpellCheckerEnabled IsSupportCaseAvailableStatusEnabled PasswordInUrl"),
        (Instant, Client, "LastLoginDateTime LastTryDateTime PasswordUpdatedAt SupportCaseExpirationDateTime"),
        (Instant, Client, "SupportCaseLatest TicketExpirationDateTime"),
        (Words(&["Scandinavian", "UK", "US"]), Client, "AddressFormat"),
        (Words(&["NoTag", "TagBeginning", "TagEnd"]), Client, "BccMode"),
        (Words(COLORS), Client, "CalendarColorScheme"),
        (Words(&["DDhMMhYYYY", "YYYYhMMhDD", "MMsDDsYYYY", "DDpMMpYYYY", "YYYYpMMpDD"]), Client, "DateFormat"),
        (Words(&["Never", "StatusEmail", "StatusEmailAndMessage", "Default"]), Client, "SupportCaseNotificationType"),
        (Words(&["Available", "Busy", "OffLine", "Absent"]), Client, "SupportCaseStatus"),
        (Words(&["Enabled", "Disabled"]), Client, "SynchronizationMode"),
        (Words(&["Hours24", "Hours12"]), Client, "TimeFormat"),
    ];
    Model::new("User", "Users", &[own, AUDIT])
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_out() {
        assert_eq!(numbered("XDate1..2"), ["XDate1", "XDate2"]);
        assert_eq!(numbered("Lost1..3").len(), 3);
        assert_eq!(numbered("Owner2"), ["Owner2"]);
    }

    #[test]
    fn no_field_is_named_twice() {
        for entity in ENTITIES {
            let mut names: Vec<_> = entity.model().fields.iter().map(|field| &field.name).collect();
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "{entity:?}");
        }
    }
}
