//! Who may call what: token, company, add-on, edition, module, scope, quota.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::frame::{Cx, Request};

use super::company::Company;
use super::identity::Grant;
use super::problem::Refusal;
use super::record::int;
use super::switches;

/// `ProductVariant`: 1 Standard, 2 Invoicing, 3 Bookkeeping, 4 Solo, 5 Pro, 6 InvoicingCollaboration.
type Variants = &'static [i64];

const ALL: Variants = &[1, 2, 3, 4, 5];
const SELLING: Variants = &[1, 2, 4, 5];
const TRADING: Variants = &[1, 2, 5];
const BOOKING: Variants = &[1, 3, 4, 5];
const LARGER: Variants = &[1, 3, 5];
const PURCHASING: Variants = &[1, 3, 4, 5, 6];
const PROJECTS: Variants = &[1, 2, 3, 5];
const PRO: Variants = &[5];

/// The groups of scopes of which one must be held.
type Groups = &'static [&'static str];

const SALES: Groups = &["ea:sales"];
const ACCOUNTING: Groups = &["ea:accounting"];
const PURCHASE: Groups = &["ea:purchase"];
const SALES_OR_PURCHASE: Groups = &["ea:sales", "ea:purchase"];
const SALES_OR_ACCOUNTING: Groups = &["ea:sales", "ea:accounting"];
const BOOKS: Groups = &["ea:accounting", "ea:purchase"];
const ANY: Groups = &["ea:sales", "ea:accounting", "ea:purchase"];

/// What the first segment of a path decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    variants: Variants,
    groups: Groups,
    /// The module for orders and quotes.
    needs_sales_module: bool,
    /// Whether this emulator answers there.
    pub(crate) emulated: bool,
}

const fn area(variants: Variants, groups: Groups) -> Area {
    Area { variants, groups, needs_sales_module: false, emulated: true }
}

const fn elsewhere(variants: Variants, groups: Groups) -> Area {
    Area { variants, groups, needs_sales_module: false, emulated: false }
}

impl Area {
    const fn with_sales_module(mut self) -> Self {
        self.needs_sales_module = true;
        self
    }
}

/// The area of a path; none for paths that are not offered to partners.
pub(crate) fn of_path(segment: &str) -> Option<Area> {
    Some(match segment {
        "customers"
        | "articles"
        | "articleaccountcodings"
        | "customerinvoicedrafts"
        | "customerinvoices"
        | "customerledgeritems"
        | "deliverymethods"
        | "deliveryterms"
        | "salesdocumentattachments"
        | "units" => area(SELLING, SALES),
        "orders" | "quotes" | "quotedrafts" => area(TRADING, SALES).with_sales_module(),
        "customerlabels" | "articlelabels" => area(TRADING, SALES),
        "companysettings" | "countries" => area(ALL, SALES),
        "termsofpayments" => area(ALL, SALES_OR_PURCHASE),
        "currencies" => area(&[1, 2, 3, 4, 5, 6], SALES_OR_PURCHASE),
        "bankaccounts" => area(ALL, PURCHASE),
        "fiscalyears" => area(ALL, SALES_OR_ACCOUNTING),
        "accounts" | "vatcodes" | "vouchers" => area(ALL, ACCOUNTING),
        "notes" | "users" => area(ALL, ANY),
        "salespricelists" | "discountagreements" => area(PRO, SALES),
        "suppliers" => area(PURCHASING, PURCHASE),
        "projects" => area(PROJECTS, ANY),
        "partnerresourcelinks" => area(ALL, SALES_OR_PURCHASE),
        "webshoporders" => elsewhere(TRADING, SALES),
        "supplierinvoicedrafts" => elsewhere(PURCHASING, PURCHASE),
        "supplierinvoices" | "foreignpaymentcodes" => elsewhere(BOOKING, PURCHASE),
        "accountbalances" | "paymentvoucher" | "voucherdrafts" => elsewhere(BOOKING, ACCOUNTING),
        "vatreports" => elsewhere(PURCHASING, ACCOUNTING),
        "approval" => elsewhere(PURCHASING, BOOKS),
        "allocationperiods" => elsewhere(LARGER, PURCHASE),
        "banktransactions" => elsewhere(LARGER, ANY),
        "inventoryitems" => elsewhere(LARGER, ACCOUNTING),
        "costcenters" | "costcenteritems" => elsewhere(PROJECTS, ANY),
        "accountTypes" | "vatcodesrates" | "sie4export" | "sie4import" | "voucherwithoverunderpayment" => {
            elsewhere(ALL, ACCOUNTING)
        }
        "attachments" | "attachmentlinks" => elsewhere(ALL, BOOKS),
        "documents" | "backgrounds" => elsewhere(ALL, SALES_OR_PURCHASE),
        "banks" => elsewhere(ALL, PURCHASE),
        "messagethreads" | "appstore" => elsewhere(ALL, ANY),
        _ => return None,
    })
}

/// Whether a write is documented as open to the read-only scope of sales.
fn open_to_readonly(segments: &[&str]) -> bool {
    matches!(
        segments,
        ["customerinvoices"]
            | ["customerinvoices", _, "email" | "einvoice" | "paymentreminders" | "void"]
            | ["orders" | "quotes", _, "email"]
            | ["deliverymethods" | "deliveryterms"]
            | ["notes"]
            | ["notes", _]
    )
}

/// Lets a call through, or tells why not.
pub(crate) fn admit(
    cx: &Cx<'_>,
    company: &Company,
    grant: &Grant,
    sandbox_client: bool,
    request: &Request,
    segments: &[&str],
) -> Result<Area, Refusal> {
    let writes = request.method != "GET";
    if sandbox_client && !company.gate.sandbox {
        return Err(Refusal::sandbox_client("a sandbox client on a production company"));
    }
    if !company.gate.user_access {
        return Err(Refusal::no_user_access("the user has no access to this company"));
    }
    if int(&company.settings, "CompanyStatus") == 0 {
        return Err(Refusal::company_inactive("the company is not active"));
    }
    if !company.gate.api_addon {
        return Err(Refusal::no_module("No access to module: api_standard"));
    }
    if !company.gate.startup_guide {
        return Err(Refusal::startup_guide("the start-up guide has not been completed"));
    }
    if !company.gate.licence {
        return Err(Refusal::no_licence("the licence agreement has not been accepted"));
    }
    let name = segments.first().copied().unwrap_or_default();
    let area = of_path(name).ok_or_else(|| Refusal::not_found(format!("there is no {}", request.path)))?;
    let variant = int(&company.settings, "ProductVariant");
    if !area.variants.contains(&variant) {
        return Err(Refusal::no_variant(format!("{name} is not in the company's edition ({variant})")));
    }
    if area.needs_sales_module && !company.has_module("sales_standard") {
        return Err(Refusal::no_module("No access to module: sales_standard"));
    }
    let readonly = !writes || open_to_readonly(segments) && cx.switches.is(&switches::READONLY_WRITES, "as_documented");
    // Writing a project takes the scope of accounting.
    let groups = if writes && name == "projects" { ACCOUNTING } else { area.groups };
    let holds = |group: &str| grant.has(group) || readonly && grant.has(&format!("{group}_readonly"));
    if !grant.has("ea:api") || !groups.iter().any(|group| holds(group)) {
        return Err(Refusal::no_scope(format!("none of the scopes {groups:?}")));
    }
    if writes && (company.gate.read_only_user || int(&company.settings, "CompanyStatus") == 2) {
        return Err(Refusal::read_only_user("the user may only read"));
    }
    Ok(area)
}

/// How many calls were made, by client and path. All companies of a client share one quota.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    windows: HashMap<String, (DateTime<Utc>, u32)>,
}

impl Quota {
    /// Counts a call. The first of a minute opens a window that the others fall into.
    ///
    /// # Errors
    /// 4010 with the seconds until the window closes.
    pub(crate) fn count(
        &mut self,
        cx: &Cx<'_>,
        client: &str,
        request: &Request,
        segments: &[&str],
    ) -> Result<(), Seconds> {
        let limit = u32::try_from(cx.switches.number(&switches::RATE_LIMIT)).unwrap_or(u32::MAX);
        let place = if cx.switches.is(&switches::RATE_KEY, "url") { request.path.clone() } else { endpoint(segments) };
        let window = self.windows.entry(format!("{client} {place}")).or_insert((cx.now, 0));
        let minute = TimeDelta::minutes(1);
        if cx.now.signed_duration_since(window.0) >= minute {
            *window = (cx.now, 0);
        }
        if window.1 >= limit {
            let left = minute - cx.now.signed_duration_since(window.0);
            return Err(Seconds { limit, left: left.num_seconds().max(1) });
        }
        window.1 = window.1.saturating_add(1);
        Ok(())
    }
}

/// Too many calls: the limit, and how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seconds {
    /// Calls per minute.
    pub(crate) limit: u32,
    /// Seconds until the window closes.
    pub(crate) left: i64,
}

/// The path with its ids cut out.
fn endpoint(segments: &[&str]) -> String {
    let cut = segments.iter().map(|segment| if uuid::Uuid::parse_str(segment).is_ok() { "{id}" } else { segment });
    cut.collect::<Vec<_>>().join("/")
}
