//! The text of a query: a small part of SQL.

use rust_decimal::Decimal;

/// The nesting of parentheses that is followed.
const DEEPEST: u32 = 50;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number(Decimal),
    Symbol(&'static str),
}

/// A column, with its table where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) table: Option<String>,
    pub(super) name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Number(Decimal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Is(Column, Operator, Literal),
}

/// `SELECT … FROM … JOIN … ON … WHERE … ORDER BY …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// None: `*`.
    pub(super) columns: Option<Vec<Column>>,
    pub(super) table: String,
    pub(super) join: Option<(String, Column, Column)>,
    pub(super) condition: Option<Condition>,
    /// Columns, and whether the greatest comes first.
    pub(super) order: Vec<(Column, bool)>,
}

/// Two signs before one: the longest that fits is taken.
const SYMBOLS: [&str; 12] = ["<>", "<=", ">=", "!=", "<", ">", "=", "(", ")", ",", ".", "*"];

fn tokens(script: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = script.trim().trim_end_matches(';');
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (token, after) = if first == '\'' {
            quoted(rest)?
        } else if first.is_ascii_digit() || first == '-' {
            let end = rest.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit() && *c != '.');
            let (number, after) = rest.split_at(end.map_or(rest.len(), |(place, _)| place));
            let number = number.parse().map_err(|_| format!("Incorrect syntax near '{number}'."))?;
            (Token::Number(number), after)
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            (Token::Word(word.to_owned()), after)
        } else {
            let symbol = SYMBOLS.into_iter().find_map(|symbol| Some((symbol, rest.strip_prefix(symbol)?)));
            let (symbol, after) = symbol.ok_or_else(|| format!("Incorrect syntax near '{first}'."))?;
            (Token::Symbol(symbol), after)
        };
        tokens.push(token);
        rest = after;
    }
}

/// A text in quotes; a doubled quote is one within.
fn quoted(script: &str) -> Result<(Token, &str), String> {
    let mut text = String::new();
    let mut rest = script.strip_prefix('\'').unwrap_or(script);
    loop {
        let (part, after) = rest.split_once('\'').ok_or("Unclosed quotation mark after the character string.")?;
        text.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                text.push('\'');
                rest = more;
            }
            None => return Ok((Token::Text(text), after)),
        }
    }
}

struct Parser {
    tokens: std::vec::IntoIter<Token>,
}

/// Reads a query.
///
/// # Errors
/// What is no query of this kind, in words.
pub(super) fn query(script: &str) -> Result<Query, String> {
    let mut parser = Parser { tokens: tokens(script)?.into_iter() };
    let query = parser.query()?;
    match parser.tokens.next() {
        None => Ok(query),
        Some(token) => Err(near(Some(&token))),
    }
}

fn near(token: Option<&Token>) -> String {
    let shown = match token {
        None => return "Incorrect syntax near the end of the query.".into(),
        Some(Token::Word(word)) => word.clone(),
        Some(Token::Text(text)) => text.clone(),
        Some(Token::Number(number)) => number.to_string(),
        Some(Token::Symbol(symbol)) => (*symbol).to_owned(),
    };
    format!("Incorrect syntax near '{shown}'.")
}

impl Parser {
    fn query(&mut self) -> Result<Query, String> {
        self.keyword("SELECT")?;
        let columns = if self.symbol("*") { None } else { Some(self.columns()?) };
        self.keyword("FROM")?;
        let table = self.name()?;
        let join = if self.is_keyword("JOIN") || self.is_inner_join() { Some(self.join()?) } else { None };
        let condition = if self.is_keyword("WHERE") { Some(self.either(0)?) } else { None };
        let mut order = Vec::new();
        if self.is_keyword("ORDER") {
            self.keyword("BY")?;
            loop {
                let column = self.column()?;
                let down = self.is_keyword("DESC");
                if !down {
                    self.is_keyword("ASC");
                }
                order.push((column, down));
                if !self.symbol(",") {
                    break;
                }
            }
        }
        Ok(Query { columns, table, join, condition, order })
    }

    fn columns(&mut self) -> Result<Vec<Column>, String> {
        let mut columns = vec![self.column()?];
        while self.symbol(",") {
            columns.push(self.column()?);
        }
        Ok(columns)
    }

    fn is_inner_join(&mut self) -> bool {
        self.is_keyword("INNER") && self.is_keyword("JOIN")
    }

    fn join(&mut self) -> Result<(String, Column, Column), String> {
        let table = self.name()?;
        self.keyword("ON")?;
        let open = self.symbol("(");
        let left = self.column()?;
        self.needed("=")?;
        let right = self.column()?;
        if open {
            self.needed(")")?;
        }
        Ok((table, left, right))
    }

    fn either(&mut self, depth: u32) -> Result<Condition, String> {
        let mut left = self.both(depth)?;
        while self.is_keyword("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.both(depth)?));
        }
        Ok(left)
    }

    fn both(&mut self, depth: u32) -> Result<Condition, String> {
        let mut left = self.single(depth)?;
        while self.is_keyword("AND") {
            left = Condition::And(Box::new(left), Box::new(self.single(depth)?));
        }
        Ok(left)
    }

    fn single(&mut self, depth: u32) -> Result<Condition, String> {
        if depth > DEEPEST {
            return Err("The query is nested too deeply.".into());
        }
        if self.symbol("(") {
            let inner = self.either(depth.saturating_add(1))?;
            self.needed(")")?;
            return Ok(inner);
        }
        let column = self.column()?;
        let operator = match self.tokens.next() {
            Some(Token::Symbol("=")) => Operator::Equal,
            Some(Token::Symbol("<>" | "!=")) => Operator::Unequal,
            Some(Token::Symbol("<")) => Operator::Less,
            Some(Token::Symbol("<=")) => Operator::LessOrEqual,
            Some(Token::Symbol(">")) => Operator::Greater,
            Some(Token::Symbol(">=")) => Operator::GreaterOrEqual,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("LIKE") => Operator::Like,
            token => return Err(near(token.as_ref())),
        };
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Condition::Is(column, operator, Literal::Text(text))),
            Some(Token::Number(number)) => Ok(Condition::Is(column, operator, Literal::Number(number))),
            token => Err(near(token.as_ref())),
        }
    }

    fn column(&mut self) -> Result<Column, String> {
        let first = self.name()?;
        if self.symbol(".") {
            return Ok(Column { table: Some(first), name: self.name()? });
        }
        Ok(Column { table: None, name: first })
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            token => Err(near(token.as_ref())),
        }
    }

    fn keyword(&mut self, wanted: &str) -> Result<(), String> {
        if self.is_keyword(wanted) { Ok(()) } else { Err(near(self.tokens.as_slice().first())) }
    }

    fn is_keyword(&mut self, wanted: &str) -> bool {
        let here =
            matches!(self.tokens.as_slice().first(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        if here {
            self.tokens.next();
        }
        here
    }

    fn symbol(&mut self, wanted: &str) -> bool {
        let here = matches!(self.tokens.as_slice().first(), Some(Token::Symbol(symbol)) if *symbol == wanted);
        if here {
            self.tokens.next();
        }
        here
    }

    fn needed(&mut self, wanted: &str) -> Result<(), String> {
        if self.symbol(wanted) { Ok(()) } else { Err(near(self.tokens.as_slice().first())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queries_that_have_been_seen_are_understood() {
        let seen = query(
            "SELECT Person.PersonId FROM Person JOIN Organisation ON (Person.PersonOrganisationId = \
             Organisation.OrganisationId) WHERE PersonUpdatedAt >= '2024-01-01T00:00:00.0000000Z' AND \
             (PersonCustom4 = 'Yes' OR OrganisationOwner = -3) ORDER BY PersonId DESC, PersonName",
        )
        .unwrap();
        assert_eq!(seen.table, "Person");
        assert_eq!(seen.join.unwrap().0, "Organisation");
        assert!(matches!(seen.condition, Some(Condition::And(_, right)) if matches!(*right, Condition::Or(..))));
        assert_eq!(seen.order.iter().map(|(_, down)| *down).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn quotes_are_doubled_within_a_text() {
        let quoted = query("select * from Organisation where OrganisationName = 'O''Brien'").unwrap();
        let Some(Condition::Is(_, Operator::Equal, Literal::Text(text))) = quoted.condition else { panic!() };
        assert_eq!(text, "O'Brien");
        let unbalanced = query("SELECT * FROM Organisation WHERE OrganisationName = 'O'Brien'").unwrap_err();
        assert_eq!(unbalanced, "Unclosed quotation mark after the character string.");
    }

    #[test]
    fn what_is_no_such_query_is_refused() {
        let deep = format!("SELECT * FROM P WHERE {}A = 1{}", "(".repeat(80), ")".repeat(80));
        for script in [
            "",
            "DELETE FROM Person",
            "SELECT FROM Person",
            "SELECT * FROM Person WHERE",
            "SELECT * FROM Person WHERE A",
            "SELECT * FROM Person WHERE A = B",
            "SELECT * FROM Person LIMIT 5",
            "SELECT COUNT(*) FROM Person",
            "SELECT * FROM Person; DROP",
            deep.as_str(),
        ] {
            assert!(query(script).is_err(), "{script}");
        }
    }
}
