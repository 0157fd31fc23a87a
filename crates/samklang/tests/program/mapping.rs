//! What an administrator needs to write rows and tables: the fields that there are, and the codes that lack a row.

use crate::bench::Bench;

#[test]
fn fields_are_told_with_what_they_hold_and_what_they_go_by() {
    let bench = Bench::signed_in();
    let config = bench.read("samklang.toml");
    bench.write(
        "samklang.toml",
        &format!("{config}\n[[entities.buyers.map]]\nfield = \"x.remark\"\nerp = \"note\"\nse = \"note\"\n"),
    );
    let told = bench.ends(0, &["fields", "erp", "buyers"]);
    told.says("customers, organisation").says("payment_terms").says("read, written, needed").says("x.remark");
    told.says("text, up to 50");
    let all = bench.ends(0, &["fields", "erp", "organisation", "--json"]).json();
    let note = &all[0]["fields"]["note"];
    assert_eq!((note["goes_by"].as_str(), note["max_len"].as_u64()), (Some("x.remark"), Some(4000)), "{note}");
    assert_eq!(all[0]["fields"]["payment_terms"]["choices"][0]["label"], "30 dagar", "{all}");
    bench.ends(1, &["fields", "epr"]).complains("there is no connection 'epr'; did you mean 'erp'?");
    bench.ends(1, &["fields", "erp", "buyer"]).complains("no kind 'buyer'; did you mean 'buyers'?");
}

#[test]
fn codes_without_a_row_are_told_with_rows_that_suggest_themselves() {
    let bench = Bench::signed_in();
    let config = bench.read("samklang.toml");
    let table = "[tables.payment_terms]\nse = { \"10_dagar_netto\" = \"Tio\" }\nerp = { x = \"no such id\" }\n";
    bench.write("samklang.toml", &format!("{config}\n{table}"));
    let told = bench.ends(0, &["tables", "payment_terms"]);
    told.says("payment_terms")
        .says("without a row:")
        .says("(30 dagar)")
        .says("is it misspelt?")
        .says("10_dagar_netto = ");
    let told = bench.ends(0, &["tables", "--json"]).json();
    assert_eq!(told["payment_terms"]["unknown"]["erp"][0], "no such id", "{told}");
    bench.ends(1, &["tables", "payment_term"]).complains("did you mean 'payment_terms'?");
}
