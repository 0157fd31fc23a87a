//! The fewest steps of a history that still go wrong in the same way.

use super::{
    Case, Failure, Wrong,
    case::{MOST, Step},
    run,
};

pub(crate) fn shrunk(mut case: Case, wrong: Option<Wrong>, mut failure: Failure) -> (Case, Failure) {
    loop {
        let mut smaller = None;
        for candidate in candidates(&case) {
            if let Err(other) = run(&candidate, wrong)
                && other.what == failure.what
            {
                smaller = Some((candidate, other));
                break;
            }
        }
        match smaller {
            Some((candidate, other)) => (case, failure) = (candidate, other),
            None => return (case, failure),
        }
    }
}

/// One step less, or one that does less harm.
fn candidates(case: &Case) -> impl Iterator<Item = Case> + '_ {
    let fewer = (0..case.steps.len()).map(|i| {
        let mut case = case.clone();
        case.steps.remove(i);
        case
    });
    let milder = case.steps.iter().enumerate().flat_map(move |(i, step)| {
        milder(*step).into_iter().map(move |step| {
            let mut case = case.clone();
            case.steps[i] = step;
            case
        })
    });
    fewer.chain(milder)
}

fn milder(step: Step) -> Vec<Step> {
    let bits = |mask: u8| (0..MOST).filter(move |i| mask & (1 << i) != 0).map(move |i| mask & !(1 << i));
    match step {
        Step::Write { refused, silent } => bits(refused)
            .map(|refused| Step::Write { refused, silent })
            .chain(bits(silent).map(|silent| Step::Write { refused, silent }))
            .collect(),
        Step::Decide { others_changed } => {
            bits(others_changed).map(|others_changed| Step::Decide { others_changed }).collect()
        }
        Step::Read(masks) => (0..MOST)
            .filter(|i| masks[*i] != 7)
            .map(|i| {
                let mut masks = masks;
                masks[i] = 7;
                Step::Read(masks)
            })
            .collect(),
        _ => Vec::new(),
    }
}
