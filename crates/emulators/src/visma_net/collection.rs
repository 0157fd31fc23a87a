//! The resources of the older service: addresses, keys, shapes, lists.

/// How a list comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// All of it.
    None,
    /// In pages; each item tells how many there are.
    Items,
    /// In pages that nothing is told of.
    Untold,
    /// In an envelope that tells it once.
    Envelope,
}

/// Since when a resource has a row version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// It has none.
    Never,
    /// In answers only, spelled so; `If-Match` is not looked at.
    Shown(&'static str),
    /// Since before 2025.
    Early,
    /// Since about 2026.
    Late,
}

/// One resource.
#[derive(Debug)]
pub(super) struct Collection {
    /// Its name in seeds.
    pub(super) name: &'static str,
    /// Its address after the host, in small letters: `v1/customer`.
    pub(super) path: &'static str,
    /// The field that names a record in addresses, and what it is called in refusals.
    pub(super) key: &'static str,
    pub(super) called: &'static str,
    /// The field with the internal number, for which there is a second address.
    pub(super) id: &'static str,
    /// The field with its name or description.
    pub(super) label: &'static str,
    /// Its shape in answers, and in bodies if it can be written.
    pub(super) read: &'static str,
    pub(super) write: &'static str,
    pub(super) paging: Paging,
    /// Whether lists can be asked for what changed, and for what was created, since a stamp.
    pub(super) modified: bool,
    pub(super) created: bool,
    /// Parameters of lists and the fields that they are compared with.
    pub(super) filters: &'static [(&'static str, &'static str)],
    pub(super) stamp: Stamp,
}

const fn code(
    name: &'static str,
    path: &'static str,
    key: &'static str,
    label: &'static str,
    read: &'static str,
) -> Collection {
    Collection {
        name,
        path,
        key,
        called: "Value",
        id: "",
        label,
        read,
        write: "",
        paging: Paging::None,
        modified: false,
        created: false,
        filters: &[],
        stamp: Stamp::Never,
    }
}

impl Collection {
    const fn called(mut self, called: &'static str) -> Self {
        self.called = called;
        self
    }

    const fn paged(mut self, paging: Paging) -> Self {
        self.paging = paging;
        self
    }

    const fn modified(mut self) -> Self {
        self.modified = true;
        self
    }

    const fn created(mut self) -> Self {
        self.created = true;
        self.modified = true;
        self
    }

    const fn filters(mut self, filters: &'static [(&'static str, &'static str)]) -> Self {
        self.filters = filters;
        self
    }

    const fn written(mut self, write: &'static str, id: &'static str, stamp: Stamp) -> Self {
        self.write = write;
        self.id = id;
        self.stamp = stamp;
        self
    }

    /// The type that a body is held against, as refusals name it.
    pub(super) fn dto(&self) -> String {
        let mut letters = self.write.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase()).into_iter();
        first.chain(letters).chain("Dto".chars()).collect()
    }
}

const DOCUMENT_FILTERS: &[(&str, &str)] = &[
    ("customer", "customer.number"),
    ("status", "status"),
    ("externalReference", "externalReference"),
    ("paymentReference", "paymentReference"),
    ("customerRefNumber", "customerRefNumber"),
    ("project", "project.id"),
    ("branch", "branchNumber.number"),
    ("financialPeriod", "financialPeriod"),
    ("closedFinancialPeriod", "closedFinancialPeriod"),
];

/// All of them, in the order in which they lean on one another.
pub(super) static ALL: &[Collection] = &[
    code("countries", "v1/country", "id", "name", "country").called("Country").paged(Paging::Items),
    code("currencies", "v1/currency", "id", "description", "currency").called("Currency"),
    code("subaccounts", "v1/subaccount", "subaccountNumber", "description", "subaccount")
        .called("Subaccount")
        .paged(Paging::Items)
        .modified(),
    code("accounts", "v1/account", "accountCD", "description", "account")
        .called("Account")
        .modified()
        .filters(&[("active", "active"), ("publicCode", "publicCode1")]),
    code("dimensions", "v1/dimension", "id", "description", "dimension").called("Dimension"),
    code("branches", "v1/branch", "number", "name", "branch").called("Branch").modified(),
    code("organizations", "v1/organization", "organizationCd", "name", "organization")
        .called("Organization")
        .modified(),
    code("financial-periods", "v1/financialperiod", "period", "description", "financialPeriod")
        .called("Financial period"),
    code("vat-categories", "v1/vatcategory", "vatCategoryId", "description", "vatCategory")
        .called("TaxCategoryID")
        .created(),
    code("vat-zones", "v1/vatzone", "id", "description", "vatZone").called("Tax Zone").paged(Paging::Items),
    code("vats", "v1/vat", "vatId", "description", "vat").called("Tax").modified(),
    code("credit-terms", "v1/creditterm", "termsId", "description", "creditTerm")
        .called("Terms")
        .paged(Paging::Envelope)
        .created()
        .filters(&[("termsId", "termsId")]),
    code("payment-methods", "v1/paymentmethod", "paymentMethodID", "description", "paymentMethod")
        .called("Payment method")
        .modified(),
    code("cash-accounts", "v1/cashaccount", "number", "description", "cashAccount").called("Cash account").modified(),
    code("salespersons", "v1/salesperson", "salespersonID", "name", "salesperson")
        .called("Salesperson")
        .paged(Paging::Envelope)
        .created()
        .filters(&[("name", "name"), ("isActive", "isActive")]),
    code("customer-classes", "v1/customer/customerclass", "id", "description", "customerClass")
        .called("Customer class"),
    code("supplier-classes", "v1/supplier/supplierclass", "id", "description", "supplierClass")
        .called("Supplier class"),
    code("attributes", "v1/attribute", "attributeID", "description", "attribute")
        .called("Attribute")
        .paged(Paging::Items)
        .created()
        .filters(&[("attributeID", "attributeID"), ("controlType", "controlType")]),
    code("number-sequences", "v1/numbersequence", "numberingId", "description", "numbering").called("Numbering"),
    code("units", "v1/unitofmeasure", "fromUnit", "toUnit", "unitOfMeasure").called("Unit"),
    code("item-classes", "v1/inventory/itemclass", "id", "description", "itemClass").called("Item class"),
    code("posting-classes", "v1/inventory/itempostclass", "id", "description", "postingClass").called("Posting class"),
    code("order-types", "v1/salesordertype", "orderType", "description", "salesOrderType")
        .called("Order type")
        .paged(Paging::Items)
        .modified(),
    code("warehouses", "v1/warehouse", "warehouseID", "description", "warehouse")
        .called("Warehouse")
        .filters(&[("active", "active"), ("branch", "branch.number")]),
    code("customers", "v1/customer", "number", "name", "customer")
        .called("Customer")
        .paged(Paging::Items)
        .created()
        .filters(&[
            ("name", "name"),
            ("status", "status"),
            ("corporateId", "corporateId"),
            ("vatRegistrationId", "vatRegistrationId"),
            ("email", "mainContact.email"),
            ("phone", "mainContact.phone1"),
        ])
        .written("customerUpdate", "internalId", Stamp::Late),
    code("suppliers", "v1/supplier", "number", "name", "supplier")
        .called("Supplier")
        .paged(Paging::Items)
        .modified()
        .filters(&[
            ("name", "name"),
            ("status", "status"),
            ("corporateId", "corporateId"),
            ("vatRegistrationId", "vatRegistrationId"),
        ])
        .written("supplierUpdate", "internalId", Stamp::Early),
    code("contacts", "v1/contact", "contactId", "displayName", "contact")
        .called("Contact")
        .modified()
        .filters(&[
            ("displayName", "displayName"),
            ("active", "active"),
            ("firstName", "firstName"),
            ("lastName", "lastName"),
            ("businessAccount", "businessAccount"),
            ("email", "email"),
        ])
        .written("contactUpdate", "contactId", Stamp::Late),
    code("locations", "v1/location", "_key", "locationName", "location")
        .called("Location")
        .paged(Paging::Items)
        .created()
        .filters(&[("locationId", "locationId"), ("gln", "gln")])
        .written("locationUpdate", "internalId", Stamp::Never),
    code("items", "v1/inventory", "inventoryNumber", "description", "item")
        .called("InventoryID")
        .paged(Paging::Items)
        .created()
        .filters(&[
            ("inventoryNumber", "inventoryNumber"),
            ("description", "description"),
            ("status", "status"),
            ("inventoryTypes", "type"),
        ])
        .written("inventoryUpdate", "inventoryId", Stamp::Shown("timestamp")),
    code("prices", "v1/customersalesprice", "recordId", "description", "price")
        .called("Price")
        .paged(Paging::Items)
        .modified()
        .filters(&[("priceCode", "priceCode"), ("inventoryId", "inventoryId")])
        .written("customerSalesPriceUpdate", "recordId", Stamp::Late),
    code("projects", "v1/project", "projectID", "description", "project")
        .called("Project")
        .paged(Paging::Items)
        .created()
        .filters(&[("status", "status"), ("publicId", "publicId"), ("branch", "branch.number")])
        .written("projectUpdate", "internalID", Stamp::Late),
    code("project-tasks", "v1/projecttask", "internalId", "description", "projectTask")
        .called("Project task")
        .paged(Paging::Untold)
        .created()
        .filters(&[
            ("projectId", "_project"),
            ("projectInternalId", "projectInternalId"),
            ("status", "status"),
            ("taskCd", "taskId"),
            ("description", "description"),
        ])
        .written("projectTaskUpdate", "internalId", Stamp::Late),
    code("invoices", "v1/customerinvoice", "referenceNumber", "invoiceText", "invoice")
        .called("Invoice")
        .paged(Paging::Items)
        .created()
        .filters(DOCUMENT_FILTERS)
        .written("customerInvoiceUpdate", "", Stamp::Late),
    code("credit-notes", "v1/customercreditnote", "referenceNumber", "invoiceText", "creditNote")
        .called("Credit note")
        .paged(Paging::Items)
        .created()
        .filters(DOCUMENT_FILTERS)
        .written("customerCreditNoteUpdate", "", Stamp::Late),
    code("payments", "v1/customerpayment", "refNbr", "invoiceText", "payment")
        .called("Payment")
        .paged(Paging::Items)
        .modified()
        .filters(&[
            ("paymentNbr", "refNbr"),
            ("paymentType", "type"),
            ("customer", "customer.number"),
            ("status", "status"),
            ("branch", "branch"),
            ("financialPeriod", "applicationPeriod"),
        ])
        .written("paymentUpdate", "", Stamp::Late),
    code("shipments", "v1/shipment", "shipmentNumber", "note", "shipment")
        .called("Shipment")
        .paged(Paging::Items)
        .modified()
        .filters(&[
            ("customerNumber", "customer.number"),
            ("customerId", "customer.internalId"),
            ("status", "status"),
            ("shipmentType", "shipmentType"),
        ])
        .written("shipmentUpdate", "", Stamp::Early),
    code("journals", "v2/journaltransaction", "batchNumber", "description", "journal")
        .called("Batch")
        .paged(Paging::Items)
        .modified()
        .filters(&[("status", "status"), ("branch", "branch")])
        .written("journalTransactionUpdate", "", Stamp::Late),
];

/// All documents of customers, whatever their kind: made of the others, so it cannot be seeded.
pub(super) static DOCUMENTS: Collection =
    code("documents", "v1/customerdocument", "referenceNumber", "invoiceText", "document")
        .called("Document")
        .paged(Paging::Items)
        .created()
        .filters(DOCUMENT_FILTERS);

/// The collection of that name, in seeds or in the tables of bodies (`creditTerms` for `credit-terms`).
pub(super) fn named(name: &str) -> Option<&'static Collection> {
    let plain = |name: &str| name.replace('-', "").to_lowercase();
    ALL.iter().find(|collection| plain(collection.name) == plain(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visma_net::shape::shape;

    #[test]
    fn keys_labels_and_filters_are_fields() {
        for known in ALL {
            let read = shape(known.read);
            assert!(!read.fields.is_empty(), "{}", known.name);
            assert!(known.write.is_empty() || !shape(known.write).fields.is_empty(), "{}", known.write);
            for path in
                [known.key, known.label, known.id].into_iter().chain(known.filters.iter().map(|(_, path)| *path))
            {
                let first = path.split('.').next().unwrap();
                let hidden = first.is_empty() || first.starts_with('_');
                let on_read =
                    hidden || read.field(first).is_some() || known.read == "creditNote" || known.read == "price";
                assert!(on_read, "{}: {path}", known.name);
            }
        }
        assert_eq!(named("creditTerms").map(|known| known.name), Some("credit-terms"));
        assert_eq!(named("customers").map(Collection::dto).as_deref(), Some("CustomerUpdateDto"));
    }
}
