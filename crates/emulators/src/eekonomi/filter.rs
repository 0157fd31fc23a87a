//! `$filter`: the operators that the vendor's changelog and clients in the field show, over one resource's properties.
//!
//! `eq ne gt ge lt le`, `and or`, brackets, `contains(Name,'x')`, `Rows/any(c: contains(c/Text,'x'))` and the unary
//! minus. Texts in single quotes; ids, numbers, truth values and instants bare.

use std::{borrow::Cow, cmp::Ordering};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::filter_text::{Literal, Token, tokens};
use super::problem::Refusal;
use super::record::{Record, instant, rows, to_decimal};
use super::schema::{Field, Filter, Kind, Schema};

/// Which properties may be used, from the switches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filterable {
    /// Those whose use is UNKNOWN too.
    pub(crate) unknown_too: bool,
    /// All that are no lists and no objects.
    pub(crate) all: bool,
    /// Stamps.
    pub(crate) stamps: bool,
    /// E-mail address and registration number.
    pub(crate) lookups: bool,
    /// Whether the case of texts does not matter.
    pub(crate) ignore_case: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug)]
enum Operand {
    Field(&'static Field),
    Literal(Literal),
    Negated(Box<Operand>),
}

/// A condition that was understood.
#[derive(Debug)]
pub(crate) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Compare(Operands, bool),
    Contains(&'static Field, String, bool),
    Any(&'static Field, Box<Condition>),
}

/// Both sides of a comparison.
#[derive(Debug)]
pub(crate) struct Operands(Operand, Op, Operand);

/// Reads a `$filter`.
///
/// # Errors
/// 6000 for what cannot be understood or may not be filtered by, 6001 for an instant that is none.
pub(crate) fn parse(text: &str, schema: &'static Schema, rules: Filterable) -> Result<Condition, Refusal> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, schema, rules, variable: None };
    let condition = parser.any_of()?;
    match parser.peek() {
        None => Ok(condition),
        Some(token) => Err(Refusal::query(format!("$filter: {token:?} was not expected"))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    schema: &'static Schema,
    rules: Filterable,
    /// The name of a row within `any(…)`.
    variable: Option<String>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, Refusal> {
        let token = self.tokens.get(self.at).cloned();
        self.at = self.at.saturating_add(1);
        token.ok_or_else(|| Refusal::query("$filter ends too early"))
    }

    fn take(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(found)) if found == word);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), Refusal> {
        match self.next()? {
            Token::Sign(found) if found == wanted => Ok(()),
            other => Err(Refusal::query(format!("$filter: {wanted:?} is missing before {other:?}"))),
        }
    }

    fn any_of(&mut self) -> Result<Condition, Refusal> {
        let mut left = self.all_of()?;
        while self.take("or") {
            left = Condition::Or(Box::new(left), Box::new(self.all_of()?));
        }
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Condition, Refusal> {
        let mut left = self.one()?;
        while self.take("and") {
            left = Condition::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Condition, Refusal> {
        if matches!(self.peek(), Some(Token::Sign('('))) {
            self.expect('(')?;
            let inner = self.any_of()?;
            self.expect(')')?;
            return Ok(inner);
        }
        if self.take("contains") {
            return self.contains();
        }
        if let Some(Token::Word(word)) = self.peek()
            && let Some(list) = word.strip_suffix("/any").map(str::to_owned)
        {
            self.at = self.at.saturating_add(1);
            return self.any_row(&list);
        }
        self.comparison()
    }

    fn contains(&mut self) -> Result<Condition, Refusal> {
        self.expect('(')?;
        let Operand::Field(field) = self.operand()? else {
            return Err(Refusal::query("$filter: contains needs a property first"));
        };
        self.expect(',')?;
        let Token::Literal(Literal::Text(part)) = self.next()? else {
            return Err(Refusal::query("$filter: contains needs a text"));
        };
        self.expect(')')?;
        match field.kind {
            Kind::Text(_) => Ok(Condition::Contains(field, part, self.rules.ignore_case)),
            _ => Err(Refusal::query(format!("$filter: {} is no text", field.name))),
        }
    }

    fn any_row(&mut self, list: &str) -> Result<Condition, Refusal> {
        let field = self.schema.field(list);
        let Some((field, Kind::Rows(inner))) = field.map(|field| (field, field.kind)) else {
            return Err(Refusal::query(format!("$filter: {list} is no list of objects")));
        };
        self.expect('(')?;
        let Token::Word(variable) = self.next()? else {
            return Err(Refusal::query("$filter: any needs a name for the row"));
        };
        self.expect(':')?;
        let outer = std::mem::replace(&mut self.schema, inner);
        self.variable = Some(variable);
        let condition = self.any_of()?;
        self.schema = outer;
        self.variable = None;
        self.expect(')')?;
        Ok(Condition::Any(field, Box::new(condition)))
    }

    fn comparison(&mut self) -> Result<Condition, Refusal> {
        let left = self.operand()?;
        let op = match self.next()? {
            Token::Word(word) => match word.as_str() {
                "eq" => Op::Eq,
                "ne" => Op::Ne,
                "gt" => Op::Gt,
                "ge" => Op::Ge,
                "lt" => Op::Lt,
                "le" => Op::Le,
                other => return Err(Refusal::query(format!("$filter: there is no operator {other:?}"))),
            },
            other => return Err(Refusal::query(format!("$filter: an operator is missing before {other:?}"))),
        };
        let right = self.operand()?;
        fits(&left, &right)?;
        Ok(Condition::Compare(Operands(left, op, right), self.rules.ignore_case))
    }

    fn operand(&mut self) -> Result<Operand, Refusal> {
        match self.next()? {
            Token::Sign('-') => Ok(Operand::Negated(Box::new(self.operand()?))),
            Token::Literal(literal) => Ok(Operand::Literal(literal)),
            Token::Word(word) => self.field(&word).map(Operand::Field),
            other => Err(Refusal::query(format!("$filter: {other:?} was not expected"))),
        }
    }

    fn field(&self, path: &str) -> Result<&'static Field, Refusal> {
        let unknown = || Refusal::query(format!("$filter: there is no property {path}"));
        let name = match &self.variable {
            Some(variable) => {
                path.strip_prefix(variable.as_str()).and_then(|rest| rest.strip_prefix('/')).ok_or_else(unknown)?
            }
            None => path,
        };
        let field = self.schema.field(name).ok_or_else(unknown)?;
        if self.allowed(field) {
            Ok(field)
        } else {
            Err(Refusal::query(format!("$filter: {name} cannot be filtered by")))
        }
    }

    fn allowed(&self, field: &Field) -> bool {
        if matches!(field.kind, Kind::Rows(_) | Kind::Object(_) | Kind::Texts | Kind::Guids | Kind::Ints) {
            return false;
        }
        if matches!(field.kind, Kind::Stamp) && !self.rules.stamps {
            return false;
        }
        if matches!(field.name, "EmailAddress" | "CorporateIdentityNumber") && !self.rules.lookups {
            return false;
        }
        match field.filter {
            Filter::Yes => true,
            Filter::Unknown => self.rules.unknown_too || self.rules.all,
            Filter::No => self.rules.all,
        }
    }
}

/// Whether a literal fits the property that it is compared with.
fn fits(left: &Operand, right: &Operand) -> Result<(), Refusal> {
    let (field, literal) = match (inner(left), inner(right)) {
        (Operand::Field(field), Operand::Literal(literal)) | (Operand::Literal(literal), Operand::Field(field)) => {
            (field, literal)
        }
        _ => return Ok(()),
    };
    let fits = match (field.kind, literal) {
        (_, Literal::Null)
        | (Kind::Text(_), Literal::Text(_))
        | (Kind::Int(..) | Kind::Number(..) | Kind::Rate | Kind::Percent, Literal::Number(_))
        | (Kind::Flag, Literal::Flag(_))
        | (Kind::Guid, Literal::Guid(_))
        | (Kind::Stamp | Kind::Date, Literal::Instant(_)) => true,
        (Kind::Stamp | Kind::Date, _) => {
            return Err(Refusal::input(format!("{} needs an instant as 2026-01-01T00:00:00Z", field.name)));
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Refusal::query(format!("$filter: {literal:?} is no value for {}", field.name))) }
}

fn inner(operand: &Operand) -> &Operand {
    match operand {
        Operand::Negated(operand) => inner(operand),
        other => other,
    }
}

impl Condition {
    /// Whether it looks at one of these properties.
    pub(crate) fn uses(&self, names: &[&str]) -> bool {
        match self {
            Self::And(left, right) | Self::Or(left, right) => left.uses(names) || right.uses(names),
            Self::Any(..) => false,
            Self::Contains(field, ..) => names.contains(&field.name),
            Self::Compare(Operands(left, _, right), _) => [left, right]
                .into_iter()
                .any(|side| matches!(inner(side), Operand::Field(field) if names.contains(&field.name))),
        }
    }

    /// The text that a property must be equal to for the condition to hold, if the condition is just that.
    pub(crate) fn exactly(&self, name: &str) -> Option<&str> {
        match self {
            Self::Compare(Operands(Operand::Field(field), Op::Eq, Operand::Literal(Literal::Text(text))), false) => {
                (field.name == name).then_some(text.as_str())
            }
            _ => None,
        }
    }

    /// The instant from which on a stamp must be for the condition to hold, whether the instant itself will do, and
    /// whether that is all that the condition asks.
    pub(crate) fn since(&self, name: &str) -> Option<(DateTime<Utc>, bool, bool)> {
        match self {
            Self::Compare(Operands(Operand::Field(field), op, Operand::Literal(Literal::Instant(at))), _) => {
                let fits = field.name == name && matches!(op, Op::Ge | Op::Gt);
                fits.then_some((*at, *op == Op::Ge, true))
            }
            Self::And(left, right) => {
                let (at, inclusive, _) = left.since(name).or_else(|| right.since(name))?;
                Some((at, inclusive, false))
            }
            _ => None,
        }
    }

    /// Whether a record meets it. `computed` holds what is worked out when a record is read.
    pub(crate) fn meets(&self, record: &Record, computed: &Record) -> bool {
        match self {
            Self::And(left, right) => left.meets(record, computed) && right.meets(record, computed),
            Self::Or(left, right) => left.meets(record, computed) || right.meets(record, computed),
            Self::Any(field, condition) => rows(record, field.name).any(|row| condition.meets(row, &Record::new())),
            Self::Contains(field, part, ignore_case) => {
                let Some(found) = found(field, record, computed).as_str() else { return false };
                if *ignore_case {
                    found.to_lowercase().contains(&part.to_lowercase())
                } else {
                    found.contains(part.as_str())
                }
            }
            Self::Compare(Operands(Operand::Field(field), op, Operand::Literal(literal)), ignore_case) => {
                holds(*op, literal.against(field.kind, found(field, record, computed), *ignore_case))
            }
            Self::Compare(Operands(left, op, right), ignore_case) => {
                let (left, right) = (left.value(record, computed), right.value(record, computed));
                holds(*op, left.compare(&right, *ignore_case))
            }
        }
    }
}

fn holds(op: Op, order: Option<Ordering>) -> bool {
    match (op, order) {
        (Op::Ne, order) => order != Some(Ordering::Equal),
        (_, None) => false,
        (Op::Eq, Some(order)) => order.is_eq(),
        (Op::Gt, Some(order)) => order.is_gt(),
        (Op::Ge, Some(order)) => order.is_ge(),
        (Op::Lt, Some(order)) => order.is_lt(),
        (Op::Le, Some(order)) => order.is_le(),
    }
}

static NULL: Value = Value::Null;

fn found<'a>(field: &Field, record: &'a Record, computed: &'a Record) -> &'a Value {
    computed.get(field.name).or_else(|| record.get(field.name)).unwrap_or(&NULL)
}

impl Operand {
    fn value(&self, record: &Record, computed: &Record) -> Literal {
        match self {
            Self::Literal(literal) => literal.clone(),
            Self::Field(field) => Literal::stored(field.kind, found(field, record, computed)),
            Self::Negated(operand) => match operand.value(record, computed) {
                Literal::Number(number) => Literal::Number(-number),
                _ => Literal::Null,
            },
        }
    }
}

impl Literal {
    /// How a stored value stands to this one, without a copy of it.
    fn against(&self, kind: Kind, value: &Value, ignore_case: bool) -> Option<Ordering> {
        match (self, value) {
            (Self::Text(wanted), Value::String(stored)) if !ignore_case && matches!(kind, Kind::Text(_)) => {
                Some(stored.as_str().cmp(wanted))
            }
            (Self::Guid(wanted), Value::String(stored)) if matches!(kind, Kind::Guid) => {
                Some(stored.as_str().cmp(wanted))
            }
            (Self::Flag(wanted), Value::Bool(stored)) => Some(stored.cmp(wanted)),
            (Self::Instant(wanted), Value::String(stored)) if matches!(kind, Kind::Stamp) => {
                Some(instant(stored)?.cmp(wanted))
            }
            _ => Self::stored(kind, value).compare(self, ignore_case),
        }
    }

    fn stored(kind: Kind, value: &Value) -> Self {
        match (kind, value) {
            (Kind::Stamp, Value::String(text)) => text.parse::<DateTime<Utc>>().map_or(Self::Null, Self::Instant),
            (Kind::Date, Value::String(text)) => {
                format!("{text}T00:00:00Z").parse::<DateTime<Utc>>().map_or(Self::Null, Self::Instant)
            }
            (Kind::Guid, Value::String(text)) => Self::Guid(text.clone()),
            (_, Value::String(text)) => Self::Text(text.clone()),
            (_, Value::Bool(flag)) => Self::Flag(*flag),
            (_, value) => to_decimal(value).map_or(Self::Null, Self::Number),
        }
    }

    /// None where either is null and not both: then only `ne` holds.
    fn compare(&self, other: &Self, ignore_case: bool) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Number(left), Self::Number(right)) => Some(Decimal::cmp(left, right)),
            (Self::Flag(left), Self::Flag(right)) => Some(left.cmp(right)),
            (Self::Guid(left), Self::Guid(right)) => Some(left.cmp(right)),
            (Self::Instant(left), Self::Instant(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) => {
                let folded = |text| if ignore_case { Cow::Owned(str::to_lowercase(text)) } else { Cow::Borrowed(text) };
                Some(folded(left.as_str()).cmp(&folded(right.as_str())))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tables::invoice::CUSTOMER_INVOICE;
    use super::super::tables::register::CUSTOMER;
    use super::*;

    const RULES: Filterable =
        Filterable { unknown_too: false, all: false, stamps: true, lookups: true, ignore_case: false };

    fn record(value: Value) -> Record {
        value.as_object().unwrap().clone()
    }

    fn meets(schema: &'static Schema, text: &str, value: Value) -> bool {
        parse(text, schema, RULES).unwrap().meets(&record(value), &Record::new())
    }

    #[test]
    fn operators_and_their_order() {
        let customer = json!({"Name": "O'Hara", "IsActive": true, "CustomerNumber": "12", "ChangedUtc": null});
        let meets = |text| meets(&CUSTOMER, text, customer.clone());
        assert!(meets("Name eq 'O''Hara'"));
        assert!(meets("contains(Name,'Har') and IsActive eq true"));
        assert!(meets("IsActive eq false or Name ne 'x' and CustomerNumber eq '12'"));
        assert!(!meets("(IsActive eq false or Name ne 'x') and CustomerNumber eq '13'"));
        assert!(!meets("ChangedUtc ge 2026-01-01T00:00:00Z"), "null is not later");
        assert!(meets("ChangedUtc eq null"));
        assert!(!meets("Name eq 'o''hara'"), "case matters");
    }

    #[test]
    fn rows_and_the_unary_minus() {
        let invoice = json!({"TotalAmount": -100, "Rows": [{"Text": "freight"}]});
        assert!(meets(&CUSTOMER_INVOICE, "-TotalAmount gt 99.5", invoice.clone()));
        assert!(meets(&CUSTOMER_INVOICE, "Rows/any(c: contains(c/Text,'fre'))", invoice.clone()));
        assert!(!meets(&CUSTOMER_INVOICE, "Rows/any(c:contains(c/Text,'toll'))", invoice));
    }

    #[test]
    fn refusals_by_code() {
        let code = |text: &str| parse(text, &CUSTOMER_INVOICE, RULES).unwrap_err().code;
        for bad in ["Nonsense eq 1", "TotalAmount", "TotalAmount eq 'x'", "BuyersOrderReference eq 'x'", "Id eq 'x'"] {
            assert_eq!(code(bad), 6000, "{bad}");
        }
        for bad in ["ModifiedUtc gt 2026-13-01T00:00:00Z", "ModifiedUtc gt '2026-01-01'", "ModifiedUtc gt 2026-01-01"] {
            assert_eq!(code(bad), 6001, "{bad}");
        }
        let open = Filterable { unknown_too: true, stamps: false, ..RULES };
        assert!(parse("BuyersOrderReference eq 'x'", &CUSTOMER_INVOICE, open).is_ok());
        assert!(parse("ModifiedUtc gt 2026-01-01T00:00:00Z", &CUSTOMER_INVOICE, open).is_err());
    }
}
