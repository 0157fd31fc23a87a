//! This program once more, in another role: a line of JSON in, a line of JSON out.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::Failure;

/// A child process under way. It ends when its standard input does.
pub(crate) struct Role {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Role {
    pub(crate) fn start(arguments: &[String]) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a child process has no pipes".into());
        };
        Ok(Self { child, orders: Some(orders), answers: BufReader::new(answers) })
    }
    /// The next answer.
    pub(crate) fn hear<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("a child process ended before its answer; what it says stands above".into());
        }
        Ok(serde_json::from_str(&line)?)
    }
    /// Orders something, and gives the answer.
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, order: &impl Serialize) -> Result<T, Failure> {
        if let Some(orders) = &mut self.orders {
            writeln!(orders, "{}", serde_json::to_string(order)?)?;
        }
        self.hear()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        self.orders = None;
        // it ends by itself; there is nobody to tell otherwise
        let _ = self.child.wait();
    }
}

/// Tells the parent process something.
pub(crate) fn tell(answer: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(answer)?);
    Ok(())
}

/// Waits for the parent's next order; none when there will be no more.
pub(crate) fn order<T: DeserializeOwned>() -> Result<Option<T>, Failure> {
    let mut line = String::new();
    if std::io::stdin().read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}
