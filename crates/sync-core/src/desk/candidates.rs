//! Records that may be the same as one that could not be matched, for a person to look at: by numbers with a slip of the
//! pen, names that sound alike, addresses. Nothing is bound for it.

use std::collections::BTreeSet;

use crate::{
    Engine,
    error::Result,
    id::{CanonicalId, EntityKind},
    model,
    store::Binding,
    value::{FieldMap, NormalForm},
};

/// A record that may be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// Ours.
    pub id: CanonicalId,
    /// The numbers that people know it by.
    pub numbers: BTreeSet<String>,
    /// Where it is known.
    pub references: BTreeSet<crate::ExternalRef>,
    /// How likely it is the same, 1 to 100.
    pub score: u32,
    /// What speaks for it, the weightiest first.
    pub reasons: Vec<String>,
}

/// Ids that are read at once.
const CHUNK: usize = 1_000;

/// Fewer points than this say nothing.
const LEAST: u32 = 30;

impl Engine {
    /// Records of the same entity that may be the same as this one, the likeliest first. Reads all of them: some seconds
    /// where there are hundreds of thousands.
    ///
    /// # Errors
    /// The store's own.
    pub async fn candidates(&self, of: CanonicalId, most: usize) -> Result<Vec<Candidate>> {
        let Some(own) = self.store.bindings(&[of]).await?.pop() else { return Ok(Vec::new()) };
        let mut found: Vec<Candidate> = Vec::new();
        let mut after = None;
        loop {
            let ids = self.store.scan(&own.entity, after, CHUNK).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for other in self.store.bindings(&ids).await? {
                if other.id == of || !other.is_live() {
                    continue;
                }
                found.extend(compare(&own, &other));
            }
            found.sort_by_key(|one| (std::cmp::Reverse(one.score), one.id));
            found.truncate(most);
        }
        Ok(found)
    }
}

fn compare(own: &Binding, other: &Binding) -> Option<Candidate> {
    let (score, reasons) = likeness(own.kind, &shown(own), &shown(other));
    (score >= LEAST).then(|| Candidate {
        id: other.id,
        numbers: other.numbers.clone(),
        references: other.references().collect(),
        score,
        reasons,
    })
}

/// What is agreed, and what of one that could not be matched is only shown.
fn shown(binding: &Binding) -> FieldMap {
    let mut all = FieldMap::new();
    for side in binding.sides.values() {
        all.overlay(&side.shadow);
        all.overlay(&side.pending);
    }
    all.overlay(&binding.agreed);
    all
}

/// How alike two records are, 0 to 100, and why.
fn likeness(kind: EntityKind, one: &FieldMap, other: &FieldMap) -> (u32, Vec<String>) {
    let mut reasons: Vec<(u32, String)> = Vec::new();
    for field in model::spec(kind) {
        let (Some(a), Some(b)) = (one.filled(field.path), other.filled(field.path)) else { continue };
        let (Some(left), Some(right)) = (field.form.of(a), field.form.of(b)) else { continue };
        let points = match (field.form, left == right) {
            // of an address a street says something; who it is named after does not, nor does the city
            _ if field.group.is_some() => address(field.path.as_str(), left == right),
            (form, true) => same(form),
            (form, false) => alike(form, &left, &right),
        };
        if points > 0 {
            let how = if left == right { "the same" } else { "almost the same" };
            reasons.push((points, format!("{how} {}: {a} and {b}", field.path)));
        }
    }
    reasons.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let score = reasons.iter().map(|(points, _)| points).sum::<u32>().min(100);
    (score, reasons.into_iter().map(|(_, reason)| reason).collect())
}

/// What a line of an address says.
fn address(path: &str, equal: bool) -> u32 {
    match path.rsplit('.').next() {
        Some("street") if equal => 20,
        Some("postal_code") if equal => 10,
        _ => 0,
    }
}

/// What an equal field says.
fn same(form: NormalForm) -> u32 {
    match form {
        NormalForm::RegistrationNumber | NormalForm::VatNumber => 80,
        NormalForm::Email => 60,
        NormalForm::Name => 50,
        NormalForm::Number => 40,
        NormalForm::Phone => 30,
        _ => 0,
    }
}

/// What a field says that is almost equal: a number with one digit wrong or two of them the other way round, a name that
/// is written in another way.
fn alike(form: NormalForm, left: &str, right: &str) -> u32 {
    let slips = || strsim::osa_distance(left, right);
    let long = left.chars().count().min(right.chars().count());
    match form {
        NormalForm::RegistrationNumber | NormalForm::VatNumber if long >= 8 && slips() <= 1 => 60,
        NormalForm::Email if long >= 6 && slips() <= 2 => 40,
        NormalForm::Phone if long >= 7 && slips() <= 1 => 20,
        NormalForm::Number if long >= 5 && slips() <= 1 => 20,
        NormalForm::Name => {
            if bare(left) == bare(right) {
                45
            } else if long >= 5 && slips() * 5 <= long {
                35
            } else {
                shared_words(left, right)
            }
        }
        _ => 0,
    }
}

/// A name without what tells of a company's form, and without everything that is no letter or digit.
fn bare(name: &str) -> String {
    words(name).into_iter().collect::<Vec<_>>().join(" ")
}

fn words(name: &str) -> BTreeSet<String> {
    const FORMS: [&str; 14] =
        ["ab", "as", "asa", "aps", "a/s", "oy", "oyj", "hb", "kb", "ltd", "gmbh", "inc", "aktiebolag", "publ"];
    let words = name.split_whitespace().map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    words.filter(|word| !word.is_empty() && !FORMS.contains(word)).map(str::to_owned).collect()
}

/// Half of all words in both names say something, all of the shorter name's say more.
fn shared_words(left: &str, right: &str) -> u32 {
    let (left, right) = (words(left), words(right));
    let shared = left.intersection(&right).filter(|word| word.chars().count() > 2).count();
    match left.len().min(right.len()) {
        0 => 0,
        least if shared == least && shared > 0 => 30,
        _ if shared * 2 >= left.len().max(right.len()) && shared > 0 => 20,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(of: &[(&str, &str)]) -> FieldMap {
        of.iter().map(|(path, text)| (crate::FieldPath::new(path), crate::Value::from(*text))).collect()
    }

    fn score(one: &[(&str, &str)], other: &[(&str, &str)]) -> u32 {
        likeness(EntityKind::Organisation, &fields(one), &fields(other)).0
    }

    #[test]
    fn a_digit_the_other_way_round_is_seen_and_the_right_number_counts_more() {
        let own = [("registration_number", "556677-8899"), ("name", "Alfa Bygg AB")];
        let typo = score(&own, &[("registration_number", "556677-8989"), ("name", "Other")]);
        let right = score(&own, &[("registration_number", "5566778899"), ("name", "Other")]);
        assert!(typo >= LEAST && right > typo, "{typo} {right}");
    }

    #[test]
    fn names_are_compared_without_company_forms_and_strangers_are_no_candidates() {
        let own = [("name", "Alfa Bygg AB"), ("billing.city", "Lund")];
        assert!(score(&own, &[("name", "AB Alfa Bygg")]) >= 45);
        assert!(score(&own, &[("name", "Alfa Byg AB")]) >= LEAST);
        assert!(score(&own, &[("name", "Beta Transport AB"), ("billing.city", "Lund")]) < LEAST);
    }

    #[test]
    fn reasons_name_the_field_and_both_values() {
        let (_, reasons) = likeness(
            EntityKind::Organisation,
            &fields(&[("email", "info@alfa.se")]),
            &fields(&[("email", "Info@alfa.se")]),
        );
        assert_eq!(reasons, ["the same email: 'info@alfa.se' and 'Info@alfa.se'"]);
    }
}
