//! `samklang`, with a mapper and a hook of this house. What they do is named in `samklang.toml` beside it; everything
//! else is the program as it comes.

mod hook;
mod mapper;

use std::process::ExitCode;

use samklang::Program;

fn main() -> ExitCode {
    Program::new().mapper("article_text", mapper::article_text()).hook::<hook::HoldBigOrders>("hold_big_orders").run()
}
