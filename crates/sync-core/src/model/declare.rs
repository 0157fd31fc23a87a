//! The `fields!` macro: a struct, its path table, both conversions and its setters from one declaration.

/// Declares a struct of fields once. Data only: no control flow.
///
/// ```text
/// fields! {
///     /// Whoever we trade with.
///     pub struct Organisation {
///         /// Name as it stands in the register.
///         name: Field<String> as Name,       // compared by NormalForm::Name
///         /// Where invoices go.
///         billing: Address as group,         // decided as one value
///     }
/// }
/// ```
///
/// makes `Organisation::new().name("x").billing(Address::new().city("Oslo"))`, the constants `Organisation::NAME` and
/// `Organisation::BILLING`, and `Fields`. A group inside a group belongs to the outer one.
macro_rules! fields {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $ty:ty $(as $mark:ident)?,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name { $($(#[$doc])* pub $field: $ty,)* }

        impl $name {
            /// Paths of its own fields and groups, in order of declaration.
            pub const PATHS: &'static [$crate::FieldPath] =
                &[$($crate::FieldPath::from_static(stringify!($field)),)*];
            /// Nothing known yet.
            pub fn new() -> Self {
                Self::default()
            }
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $field(mut self, value: impl Into<$ty>) -> Self {
                    self.$field = value.into();
                    self
                }
            )*
        }
        pastey::paste! {
            impl $name {
                $(
                    #[doc = concat!("Path `", stringify!($field), "`.")]
                    pub const [<$field:upper>]: $crate::FieldPath = $crate::FieldPath::from_static(stringify!($field));
                )*
            }
        }
        impl $crate::model::Fields for $name {
            fn put(&self, at: $crate::FieldPath, out: &mut $crate::FieldMap) {
                $(self.$field.put($crate::model::field::place(at, stringify!($field)), out);)*
            }
            fn take(at: $crate::FieldPath, from: &$crate::FieldMap) -> $crate::Result<Self> {
                Ok(Self {
                    $($field: <$ty as $crate::model::Fields>::take(
                        $crate::model::field::place(at, stringify!($field)),
                        from,
                    )?,)*
                })
            }
            fn spec(
                at: $crate::FieldPath,
                mark: $crate::model::Mark,
                out: &mut Vec<$crate::model::FieldSpec>,
            ) {
                $(
                    let at_field = $crate::model::field::place(at, stringify!($field));
                    let marked = $crate::model::declare::mark!(mark, at_field $(, $mark)?);
                    <$ty as $crate::model::Fields>::spec(at_field, marked, out);
                )*
            }
        }
    };
}

/// What a field's `as` says, under what its group says.
macro_rules! mark {
    ($outer:expr, $at:expr) => {
        $crate::model::Mark { group: $outer.group, form: $crate::value::NormalForm::Exact }
    };
    ($outer:expr, $at:expr, group) => {
        $crate::model::Mark { group: $outer.group.or(Some($at)), form: $crate::value::NormalForm::Exact }
    };
    ($outer:expr, $at:expr, $form:ident) => {
        $crate::model::Mark { group: $outer.group, form: $crate::value::NormalForm::$form }
    };
}
pub(crate) use {fields, mark};
