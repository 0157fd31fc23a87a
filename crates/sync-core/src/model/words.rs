//! Fields that may be one of a few words only.

use std::cmp::Ordering;

/// One word that a field may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Word {
    /// As it stands in field maps and in configuration: `partly_delivered`.
    pub name: &'static str,
    /// Whether it is a step on a way, so that it can be compared with other steps. Ends (`cancelled`) and words
    /// without any order are not.
    pub is_step: bool,
}

impl Word {
    pub(crate) const fn new(name: &'static str, is_step: bool) -> Self {
        Self { name, is_step }
    }
}

fn position(words: &[Word], name: &str) -> Option<(usize, bool)> {
    words.iter().enumerate().find(|(_, word)| word.name == name).map(|(at, word)| (at, word.is_step))
}

/// The order of two words: steps compare by their place, any word equals itself, all else does not compare.
pub(crate) fn compare(words: &[Word], left: &str, right: &str) -> Option<Ordering> {
    let ((left, left_is_step), (right, right_is_step)) = (position(words, left)?, position(words, right)?);
    if left == right {
        return Some(Ordering::Equal);
    }
    (left_is_step && right_is_step).then(|| left.cmp(&right))
}

/// Whether going from one word to the other is staying, a later step, or an end reached from a step.
pub(crate) fn is_forward(words: &[Word], from: &str, to: &str) -> bool {
    match (position(words, from), position(words, to)) {
        (Some((from, is_step)), Some((to, _))) => from == to || is_step && from < to, // ends are declared last
        _ => false,
    }
}

/// "'sent' is none of draft, open, picking".
pub(crate) fn not_allowed(words: &[Word], found: &str) -> String {
    let allowed: Vec<&str> = words.iter().map(|word| word.name).collect();
    format!("'{found}' is none of {}", allowed.join(", "))
}

/// Declares an enum that stands as text in field maps: `pub enum` for words without order, `pub axis` for the steps
/// of a way and its ends.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $word:ident = $text:literal,)* }) => {
        $crate::model::words::words!(@common $(#[$meta])* $name { $($(#[$doc])* $word = $text, false;)* });
    };
    ($(#[$meta:meta])* pub axis $name:ident { $($(#[$doc:meta])* $word:ident = $text:literal,)* }
        ends { $($(#[$end_doc:meta])* $end:ident = $end_text:literal,)* }) => {
        $crate::model::words::words!(@common $(#[$meta])*
            /// Compared with `<` and `>=`, only steps have an order: an end equals itself and nothing else.
            $name { $($(#[$doc])* $word = $text, true;)* $($(#[$end_doc])* $end = $end_text, false;)* });
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                $crate::model::words::compare(Self::WORDS, self.word(), other.word())
            }
        }
        impl $name {
            /// Whether nothing follows: neither step nor other end.
            pub fn is_end(self) -> bool {
                match self {
                    $(Self::$word => false,)*
                    $(Self::$end => true,)*
                }
            }
            /// Place on the way from 0; ends have none.
            pub fn rank(self) -> Option<usize> {
                if self.is_end() { None } else { Self::WORDS.iter().position(|word| word.name == self.word()) }
            }
            /// Whether it may become `next` without going back: it stays, takes a later step, or ends.
            pub fn may_become(self, next: Self) -> bool {
                $crate::model::words::is_forward(Self::WORDS, self.word(), next.word())
            }
        }
    };
    (@common $(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $word:ident = $text:literal, $is_step:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $word,)* }

        impl $name {
            /// All its words, in order.
            pub const WORDS: &'static [$crate::model::Word] = &[$($crate::model::Word::new($text, $is_step),)*];
            /// The word in field maps and in configuration.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)*
                }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> std::result::Result<Self, String> {
                match text {
                    $($text => Ok(Self::$word),)*
                    other => Err($crate::model::words::not_allowed(Self::WORDS, other)),
                }
            }
        }
        impl $crate::model::Scalar for $name {
            const TYPE: $crate::model::FieldType = $crate::model::FieldType::Text;
            const WORDS: &'static [$crate::model::Word] = Self::WORDS;
            fn to_value(&self) -> $crate::Value {
                $crate::Value::from(self.word())
            }
            fn from_value(value: &$crate::Value) -> std::result::Result<Self, String> {
                match value.as_text() {
                    Some(text) => text.parse(),
                    None => Err($crate::model::words::not_allowed(Self::WORDS, &value.to_string())),
                }
            }
        }
    };
}
pub(crate) use words;
