//! Names of countries.

/// ISO 3166-1 alpha-2, alpha-3, and names in lower case: English, Swedish, Norwegian, Danish, Finnish, the country's
/// own languages, each once.
const COUNTRIES: [(&str, &str, &[&str]); 40] = [
    ("AT", "AUT", &["austria", "österrike", "østerrike", "østrig", "itävalta", "österreich"]),
    ("AX", "ALA", &["åland", "åland islands", "ahvenanmaa"]),
    ("BE", "BEL", &["belgium", "belgien", "belgia", "belgië", "belgique"]),
    ("BG", "BGR", &["bulgaria", "bulgarien", "българия"]),
    ("CA", "CAN", &["canada", "kanada"]),
    ("CH", "CHE", &["switzerland", "schweiz", "sveits", "sveitsi", "suisse", "svizzera"]),
    ("CY", "CYP", &["cyprus", "cypern", "kypros", "κύπρος"]),
    ("CZ", "CZE", &["czech republic", "czechia", "tjeckien", "tsjekkia", "tjekkiet", "tšekki", "česko"]),
    ("DE", "DEU", &["germany", "tyskland", "saksa", "deutschland"]),
    ("DK", "DNK", &["denmark", "danmark", "tanska"]),
    ("EE", "EST", &["estonia", "estland", "viro", "eesti"]),
    ("ES", "ESP", &["spain", "spanien", "spania", "espanja", "españa"]),
    ("FI", "FIN", &["finland", "suomi"]),
    ("FO", "FRO", &["faroe islands", "färöarna", "færøyene", "færøerne", "färsaaret", "føroyar"]),
    ("FR", "FRA", &["france", "frankrike", "frankrig", "ranska"]),
    (
        "GB",
        "GBR",
        &[
            "uk",
            "united kingdom",
            "great britain",
            "england",
            "scotland",
            "wales",
            "storbritannien",
            "storbritannia",
            "iso-britannia",
        ],
    ),
    ("GL", "GRL", &["greenland", "grönland", "grønland", "grönlanti", "kalaallit nunaat"]),
    ("GR", "GRC", &["el", "greece", "grekland", "hellas", "grækenland", "kreikka", "ελλάδα"]),
    ("HR", "HRV", &["croatia", "kroatien", "kroatia", "hrvatska"]),
    ("HU", "HUN", &["hungary", "ungern", "ungarn", "unkari", "magyarország"]),
    ("IE", "IRL", &["ireland", "irland", "irlanti", "éire"]),
    ("IS", "ISL", &["iceland", "island", "islanti", "ísland"]),
    ("IT", "ITA", &["italy", "italien", "italia"]),
    ("LT", "LTU", &["lithuania", "litauen", "liettua", "lietuva"]),
    ("LU", "LUX", &["luxembourg", "luxemburg"]),
    ("LV", "LVA", &["latvia", "lettland", "letland", "latvija"]),
    ("MT", "MLT", &["malta"]),
    ("NL", "NLD", &["netherlands", "the netherlands", "nederländerna", "nederland", "holland", "alankomaat"]),
    ("NO", "NOR", &["norway", "norge", "noreg", "norja"]),
    ("PL", "POL", &["poland", "polen", "puola", "polska"]),
    ("PT", "PRT", &["portugal", "portugali"]),
    ("RO", "ROU", &["romania", "rumänien", "rumænien", "românia"]),
    ("SE", "SWE", &["sweden", "sverige", "ruotsi"]),
    ("SI", "SVN", &["slovenia", "slovenien", "slovenija"]),
    ("SJ", "SJM", &["svalbard", "svalbard and jan mayen", "svalbard og jan mayen"]),
    ("SK", "SVK", &["slovakia", "slovakien", "slovensko"]),
    ("TR", "TUR", &["turkey", "turkiet", "tyrkia", "tyrkiet", "turkki", "türkiye"]),
    ("UA", "UKR", &["ukraine", "ukraina", "україна"]),
    (
        "US",
        "USA",
        &["united states", "united states of america", "förenta staterna", "amerikas förenta stater", "yhdysvallat"],
    ),
    ("XK", "XKX", &["kosovo"]),
];

/// The alpha-2 code, or the text itself in upper case.
pub(super) fn code(text: &str) -> String {
    let text = super::spaced(text);
    let (lower, upper) = (text.to_lowercase(), text.to_uppercase());
    let known = COUNTRIES
        .iter()
        .find(|(two, three, names)| upper == *two || upper == *three || names.contains(&lower.as_str()));
    known.map_or(upper, |(two, ..)| (*two).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_means_one_country() {
        let mut seen = BTreeSet::new();
        for (two, three, names) in COUNTRIES {
            for name in names.iter().copied().chain([two, three]) {
                assert!(seen.insert(name.to_lowercase()), "{name} stands twice");
                assert_eq!(code(name), two, "{name}");
                assert_eq!(code(&format!("  {} ", name.to_uppercase())), two, "{name}");
            }
        }
    }
}
