//! When things go wrong, over real HTTP.

use std::time::Duration;

use emulators::frame::{Fault, FaultKind};
use serde_json::json;
use sync_core::{
    Disposition, ErrorKind,
    connector::{Connector, ListFrom},
};

use crate::support::{Bench, STATUS, Shop, config, update};

#[tokio::test]
async fn wrong_credentials_and_a_wrong_host_have_words_for_whoever_typed_them() {
    let shop = Shop::open().await;
    let mut wrong = config(shop.emulator.base_url());
    wrong.client_secret = "hush-hush".to_owned().into();
    let error = Bench::new().connect(&wrong).await.unwrap_err();
    assert_eq!((error.kind(), error.vendor_code()), (ErrorKind::Auth, Some("invalid_client")));
    assert!(error.message().contains("refuses client_id and client_secret"), "{error}");
    assert!(error.context().contains(&("status", "400".to_owned())), "{error:?}");
    assert!(!format!("{error:?}{error}").contains("hush"), "{error:?}");

    let mut elsewhere = config(shop.emulator.base_url());
    elsewhere.base_url.set_path("/another/api");
    let error = Bench::new().connect(&elsewhere).await.unwrap_err();
    assert_eq!((error.kind(), error.disposition()), (ErrorKind::Config, Disposition::StopSystem));
    assert!(error.message().contains("https://<shop>.starwebserver.se/api/v2"), "{error}");
}

#[tokio::test]
async fn a_secret_with_the_partners_prefix_signs_in_and_neither_is_shown() {
    let mut config = config(Shop::open().await.emulator.base_url());
    config.secret_prefix = Some("sec".to_owned().into());
    config.client_secret = "ret".to_owned().into();
    let shop = Shop::open_with(|base| {
        config.base_url = base.base_url;
        config
    })
    .await;
    assert!(!format!("{:?}{:?}", shop.router, shop.bench.environment).contains("secret\""));
    shop.router.check(&shop.bench.cx).await.unwrap();
}

#[tokio::test]
async fn a_token_that_ended_is_replaced_without_anybody_noticing() {
    let shop = Shop::open().await;
    shop.advance(3600);
    shop.router.check(&shop.bench.cx).await.unwrap();
    let asked = shop.emulator.requests();
    let seen: Vec<(&str, Option<u16>)> =
        asked.iter().map(|entry| (&entry.path["/api/v2".len()..], entry.status)).collect();
    assert_eq!(seen, [("/shop", Some(401)), ("/token", Some(200)), ("/shop", Some(200))]);
}

#[tokio::test]
async fn two_programs_on_one_shop_get_along_even_if_only_the_newest_token_is_good() {
    let shop = Shop::open().await;
    shop.emulator.switch("several_tokens", "newest_only").unwrap();
    let other = Bench::new();
    let router = other.connect_kept("se", &config(shop.emulator.base_url())).await;
    for _ in 0..3 {
        shop.router.check(&shop.bench.cx).await.unwrap();
        router.check(&other.cx).await.unwrap();
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_write_is_looked_at_and_never_sent_again() {
    for fault in [
        FaultKind::DropAfter,
        FaultKind::Status { code: 500, handled: true },
        FaultKind::Html { code: 502, handled: true },
    ] {
        let shop = Shop::open().await;
        let id = shop.order(json!({ "customerId": 1 }));
        shop.emulator.fault(Fault::new(fault.clone()).on("PATCH", "/api/v2/orders/*"));
        shop.requests();
        let error = shop.write(update(&id, &[(STATUS, "completed")], &["notify_buyer", "capture"])).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.disposition()),
            (ErrorKind::AmbiguousWrite, Disposition::LookFirst),
            "{fault:?}"
        );
        assert_eq!(shop.calls(), [format!("PATCH /orders/{id}")]);
        assert_eq!((shop.journal("mails"), shop.journal("captures")), (1, 1));
    }
}

#[tokio::test]
async fn a_success_whose_reading_back_fails_is_a_success() {
    let shop = Shop::open().await;
    let id = shop.order(json!({}));
    shop.emulator.fault(Fault::new(FaultKind::Status { code: 403, handled: false }).on("GET", "/api/v2/orders/*"));
    let written = shop.write(update(&id, &[(STATUS, "picking")], &[])).await.unwrap();
    assert_eq!((written.item, &*written.reference.id), (None, id.as_str()));
}

#[tokio::test]
async fn who_is_too_fast_waits_and_goes_on() {
    let shop = Shop::open().await;
    shop.emulator.fault(Fault::new(FaultKind::RateLimit).times(2));
    shop.router.check(&shop.bench.cx).await.unwrap();
    let waited: Duration = shop.bench.time.slept().iter().sum();
    assert!(waited >= Duration::from_millis(2500 + 5000), "{waited:?}");
    assert_eq!(shop.calls().len(), 3);
}

#[tokio::test]
async fn a_refusal_for_speed_that_does_not_end_is_for_a_later_run() {
    let shop = Shop::open().await;
    let id = shop.order(json!({}));
    shop.emulator.fault(Fault::new(FaultKind::RateLimit).on("PATCH", "*").times(50));
    let error = shop.write(update(&id, &[(STATUS, "completed")], &["capture"])).await.unwrap_err();
    assert_eq!((error.kind(), error.disposition()), (ErrorKind::RateLimited, Disposition::RetryLater));
    assert_eq!((error.vendor_code(), shop.journal("captures")), (Some("Too Many Requests"), 0));
}

#[tokio::test]
async fn shops_with_one_client_and_connections_to_one_shop_share_the_quota() {
    let slow = |mut config: connector_starweb::Config| {
        config.calls_per_minute = 11;
        config
    };
    let shop = Shop::open_with(slow).await; // eight calls: the token and seven lists
    let slept = || shop.bench.time.slept().len();
    assert_eq!(slept(), 0);
    for _ in 0..3 {
        shop.router.check(&shop.bench.cx).await.unwrap();
    }
    assert_eq!(slept(), 0);
    let other = Shop::open().await;
    let elsewhere = slow(config(other.emulator.base_url()));
    let second = shop.bench.connect_kept("no", &elsewhere).await;
    second.check(&shop.bench.cx).await.unwrap();
    assert_eq!(slept(), 1, "the same client id in another shop");
}

#[tokio::test]
async fn what_is_no_answer_is_no_empty_page() {
    for fault in [
        FaultKind::Html { code: 200, handled: false },
        FaultKind::Empty { code: 200, handled: false },
        FaultKind::Truncate,
    ] {
        let shop = Shop::open().await;
        shop.order(json!({}));
        shop.emulator.fault(Fault::new(fault.clone()).on("GET", "/api/v2/orders").times(20));
        let error = shop.page("orders", ListFrom::Beginning).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Protocol | ErrorKind::Unavailable), "{fault:?} {error}");
    }
}

#[tokio::test]
async fn a_page_of_html_with_404_takes_nothing_for_gone() {
    let shop = Shop::open().await;
    let id = shop.order(json!({}));
    shop.emulator.fault(Fault::new(FaultKind::Html { code: 404, handled: false }).on("GET", "*").times(9));
    let error = shop.router.get(&shop.bench.cx, &"orders".into(), &[id.as_str().into()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn the_vendors_words_come_along_and_a_record_that_is_gone_is_not_found() {
    let shop = Shop::open().await;
    let error = shop.write(update("999999", &[(STATUS, "completed")], &[])).await.unwrap_err();
    assert_eq!((error.kind(), error.disposition()), (ErrorKind::NotFound, Disposition::ParkRecord));
    let id = shop.order(json!({}));
    shop.emulator.switch("leaving_end_status", "refused").unwrap();
    shop.write(update(&id, &[(STATUS, "canceled")], &[])).await.unwrap();
    let error = shop.write(update(&id, &[(STATUS, "created")], &[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.vendor_text().unwrap().contains("cannot leave canceled"), "{error}");
}

#[tokio::test]
async fn a_capture_that_is_refused_changes_nothing_and_a_silent_one_shows_in_the_record() {
    let shop = Shop::open().await;
    let id = shop.order(json!({}));
    shop.emulator.switch("capture_fails", "refused").unwrap();
    let ship = || update(&id, &[(STATUS, "completed")], &["capture"]);
    assert_eq!(shop.write(ship()).await.unwrap_err().kind(), ErrorKind::Invalid);
    shop.emulator.switch("capture_fails", "silent").unwrap();
    let written = shop.write(ship()).await.unwrap();
    let shows = shop.router.decode(&written.item.unwrap()).unwrap().remove(0).fields;
    crate::support::assert_shows(&shows, &[("fulfilment", "'delivered'"), ("payment", "'authorised'")]);
}
