//! Whole flows from a shop to an ERP: the program as a process, against emulators over real HTTP. What came of a flow is
//! read from what the systems hold, not from what the program says of itself.
//!
//! What each flow carries, and the test that shows it; a dash where the flow carries nothing of the kind.
//!
//! | | `shop-leads` | `erp-leads` | `combined` | `multishop` |
//! |---|---|---|---|---|
//! | an order goes to the ERP as an order, with its buyer | `orders::an_order_becomes_an_order_with_its_total` | `rows::where_the_erp_leads_orders_become_orders_with_their_buyers` | `rows::in_the_combined_flow_orders_become_orders_with_their_buyers` | `multishop::orders_with_one_number_in_both_shops_are_two_orders_in_the_erp` |
//! | the same as an invoice | `invoices::an_order_becomes_a_booked_invoice_with_its_total` | `rows::where_the_erp_leads_orders_become_booked_invoices` | `rows::in_the_combined_flow_orders_become_booked_invoices` | `multishop::orders_of_both_shops_become_invoices_in_their_currencies_where_that_is_chosen` |
//! | not if it is older than the start | `orders::what_was_ordered_before_the_start_stays_in_the_shop` | `rows::what_was_ordered_before_the_start_stays_wherever_the_erp_has_prices_and_stock` | `rows::what_was_ordered_before_the_start_stays_wherever_the_erp_has_prices_and_stock` | `multishop::what_was_ordered_before_the_start_stays_in_either_shop` |
//! | what people change of a buyer later | `rows::where_the_shop_leads_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields` | `rows::where_the_erp_leads_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields` | `rows::in_the_combined_flow_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields` | `rows::with_several_shops_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields` |
//! | the order's status comes back | `status::what_is_delivered_is_completed_and_nobody_hears_of_it` | `rows::where_the_erp_leads_the_status_goes_back` | `rows::in_the_combined_flow_the_status_goes_back` | `multishop::the_status_goes_back_to_the_shop_that_sold` |
//! | product | `rows::where_the_shop_leads_its_products_become_articles_once_the_preset_is_told_so` | `erp_leads::articles_for_the_web_shop_become_products_with_price_and_stock` | `combined::products_become_articles_once_with_the_price_of_the_shop` | `multishop::articles_become_products_of_both_shops_with_the_price_of_each` |
//! | price | – | `erp_leads::another_price_goes_to_the_shop` | `combined::prices_and_stock_come_from_the_erp` | `multishop::another_price_goes_to_the_shop_whose_currency_it_is_in` |
//! | price lists | – | `price_lists::prices_of_several_lists_go_each_to_its_own` | `price_lists::in_the_combined_flow_prices_of_lists_come_from_the_erp` | `multishop::of_two_price_lists_in_one_currency_one_is_named` |
//! | campaign | – | `rows::where_the_erp_leads_a_campaign_is_a_special_price` | `rows::in_the_combined_flow_a_campaign_is_a_special_price` | `rows::with_several_shops_a_campaign_is_a_special_price_where_its_currency_is` |
//! | stock | – | `sold::two_hundred_orders_are_sold_and_never_more_than_is_left` | `combined::prices_and_stock_come_from_the_erp` | `multishop::stock_goes_to_both_shops_and_what_one_of_them_sold_neither_offers` |
//!
//! | | `initial-from-shop` | `initial-from-erp` | `buyers` |
//! |---|---|---|---|
//! | product | `initial::products_become_articles_with_their_numbers_and_prices` | `initial::articles_for_the_web_shop_become_products_with_price_and_stock` | – |
//! | price, stock | `initial::afterwards_each_side_has_its_own_price` | `initial::articles_for_the_web_shop_become_products_with_price_and_stock` | – |
//! | orders | `initial::no_order_and_no_buyer_moves` | `initial::no_order_and_no_buyer_moves` | – |
//! | what people change of a buyer later | – | – | `rows::of_buyers_alone_later_edits_of_a_customer_go_to_the_erp_and_leave_its_own_fields` |

#[cfg(test)]
mod answers;
#[cfg(test)]
mod buyers;
#[cfg(test)]
mod campaign;
#[cfg(test)]
mod combined;
#[cfg(test)]
mod erp_leads;
#[cfg(test)]
mod goods;
#[cfg(test)]
mod hints;
#[cfg(test)]
mod initial;
#[cfg(test)]
mod invoices;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod locked;
#[cfg(test)]
mod minutes;
#[cfg(test)]
mod money;
#[cfg(test)]
mod multishop;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod people;
#[cfg(test)]
mod price_lists;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sold;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod status;
#[cfg(test)]
mod table;
#[cfg(test)]
mod two;
#[cfg(test)]
mod waiting;
