//! Words of the model: the three axes of a document's status, stages, and what a party or a line is.

use super::words::words;

words! {
    /// How far the goods of an order are.
    pub axis Fulfilment {
        /// Not binding yet.
        Draft = "draft",
        /// Binding; nothing is done yet.
        Open = "open",
        /// Being picked or packed.
        Picking = "picking",
        /// Some of it has left.
        PartlyDelivered = "partly_delivered",
        /// All of it has left.
        Delivered = "delivered",
    } ends {
        /// Will not be delivered.
        Cancelled = "cancelled",
    }
}
words! {
    /// How far the invoicing of an order is.
    pub axis Invoicing {
        /// Nothing is invoiced.
        None = "none",
        /// Some of it is invoiced.
        Partly = "partly",
        /// All of it is invoiced.
        Invoiced = "invoiced",
    } ends {
        /// What was invoiced is credited.
        Credited = "credited",
    }
}
words! {
    /// What became of an order's invoices, in the order in which it is asked. It may go back: a draft that is thrown away.
    pub enum InvoiceState {
        /// There is none.
        None = "none",
        /// At least one is not booked yet.
        Awaiting = "awaiting",
        /// All are credited.
        Credited = "credited",
        /// Booked.
        Approved = "approved",
        /// All are void.
        Cancelled = "cancelled",
    }
}
words! {
    /// How far the payment of an order or invoice is. A card order is paid before it is delivered.
    pub axis PaymentState {
        /// Nothing is paid.
        Unpaid = "unpaid",
        /// The payer's bank or payment provider has promised it; it can be captured.
        Authorised = "authorised",
        /// Some of it is paid.
        PartlyPaid = "partly_paid",
        /// All of it is paid.
        Paid = "paid",
    } ends {
        /// Paid back.
        Refunded = "refunded",
    }
}
words! {
    /// How binding an order is.
    pub axis OrderStage {
        /// An offer.
        Quote = "quote",
        /// An order.
        Order = "order",
    } ends {}
}
words! {
    /// How far an invoice is from leaving the house.
    pub axis InvoiceStage {
        /// Can still be changed; usually has no number.
        Draft = "draft",
        /// Booked: has a number, stands in the ledger, can be credited only.
        Booked = "booked",
        /// Booked and given to the buyer.
        Sent = "sent",
    } ends {}
}
words! {
    /// What an organisation is.
    pub enum Party {
        /// A company, association or authority.
        Company = "company",
        /// A private buyer.
        Private = "private",
    }
}
words! {
    /// What a line of a document stands for.
    pub enum LineKind {
        /// Goods or a service.
        Item = "item",
        /// Carriage.
        Freight = "freight",
        /// A fee: for invoicing, for a way to pay.
        Fee = "fee",
        /// A discount on the document, as an amount below zero.
        Discount = "discount",
        /// What rounds the total.
        Rounding = "rounding",
        /// Text without money.
        Text = "text",
    }
}
