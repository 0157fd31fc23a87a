//! The `samklang` program as it comes, without code of anybody's own.

use std::process::ExitCode;

fn main() -> ExitCode {
    samklang::Program::new().run()
}
