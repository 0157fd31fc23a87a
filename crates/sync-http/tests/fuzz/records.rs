//! Records that are not what they should be, before a connector.

use proptest::{prelude::*, sample::Index};
use sync_core::{
    Error, ErrorKind,
    connector::{Connector, Item},
    handler::Router,
};

use super::mutate::{anything, mutated, personal, play};

/// What an error may not show.
pub(crate) fn discreet(error: &Error, hidden: &[String]) -> Result<(), TestCaseError> {
    let shown = format!("{error} {error:?}");
    for text in hidden {
        prop_assert!(!shown.contains(text.as_str()), "shows {text:?}: {shown}");
    }
    Ok(())
}

/// Each record, changed in some way, is read, twice to the same, or refused in one line that shows nothing of it.
pub(crate) fn records<S: AsRef<str>>(router: &Router, corpus: &[(S, String)], item: impl Fn(&str, &str) -> Item) {
    play(500, (any::<Index>(), anything()), |(which, mutations)| {
        let (stream, raw) = &corpus[which.index(corpus.len())];
        let text = String::from_utf8_lossy(&mutated(raw, &mutations)).into_owned();
        let one = item(stream.as_ref(), &text);
        match router.decode(&one) {
            Ok(records) => prop_assert_eq!(router.decode(&one).unwrap(), records, "the same once more"),
            Err(error) => {
                prop_assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Protocol), "{error:?}");
                prop_assert!(!error.message().is_empty() && !error.message().contains('\n'), "{error:?}");
                discreet(&error, &personal(raw))?;
            }
        }
        Ok(())
    });
}
