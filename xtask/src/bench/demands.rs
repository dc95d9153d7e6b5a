//! What the generator is held to, and whether what was measured keeps it.

use std::time::Duration;

use super::table::{Table, ratio, time};

/// This project's document, everything warm: the generator's own process, as the synthetic documents and its peers are measured.
const OWN: Duration = Duration::from_millis(300);
/// A synthetic document of [`MANY`] operations.
const OF_MANY: Duration = Duration::from_secs(3);
const MANY: usize = 300;

/// What came of one demand.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    demand: String,
    allowed: String,
    measured: String,
    kept: bool,
}

/// Judges the best times: of this project's document, and of the synthetic ones by their operations, in ascending order.
pub(crate) fn judge(own: Duration, synthetic: &[(usize, Duration)]) -> Vec<Verdict> {
    let mut verdicts = vec![within("this project's document", own, OWN)];
    let many = synthetic.iter().find(|(operations, _)| *operations == MANY);
    verdicts.extend(many.map(|(_, taken)| within(&format!("{MANY} operations"), *taken, OF_MANY)));
    if let (Some((few, less)), Some((many, more))) = (synthetic.first(), synthetic.last())
        && few < many
    {
        let (allowed, grown) = (*many as f64 / *few as f64, more.as_secs_f64() / less.as_secs_f64());
        verdicts.push(Verdict {
            demand: format!("growth from {few} to {many} operations"),
            allowed: format!("{allowed:.1} times"),
            measured: format!("{} times", ratio(*more, *less)),
            kept: grown <= allowed,
        });
    }
    verdicts
}

/// Whether every demand is kept.
pub(crate) fn all_kept(verdicts: &[Verdict]) -> bool {
    verdicts.iter().all(|verdict| verdict.kept)
}

/// One row a demand.
pub(crate) fn table(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&["demand", "at most", "measured", "verdict"]);
    for Verdict { demand, allowed, measured, kept } in verdicts {
        let verdict = if *kept { "met" } else { "missed" };
        table.row(vec![demand.clone(), allowed.clone(), measured.clone(), verdict.to_owned()]);
    }
    table
}

fn within(demand: &str, taken: Duration, allowed: Duration) -> Verdict {
    Verdict { demand: demand.to_owned(), allowed: time(allowed), measured: time(taken), kept: taken <= allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(own: u64, synthetic: &[(usize, u64)]) -> Vec<bool> {
        let synthetic: Vec<_> = synthetic.iter().map(|(size, ms)| (*size, Duration::from_millis(*ms))).collect();
        judge(Duration::from_millis(own), &synthetic).iter().map(|verdict| verdict.kept).collect()
    }

    #[test]
    fn each_demand_is_met_up_to_its_limit_and_missed_beyond() {
        assert_eq!(verdicts(300, &[(10, 30), (300, 3000), (1000, 3000)]), [true, true, true]);
        assert_eq!(verdicts(301, &[(10, 30), (300, 3001), (1000, 3001)]), [false, false, false]);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(verdicts(1, &[(10, 30)]), [true]);
        assert_eq!(verdicts(1, &[]), [true]);
    }

    #[test]
    fn a_demand_that_is_missed_is_said() {
        let verdicts = judge(Duration::from_secs(1), &[]);
        assert!(!all_kept(&verdicts) && all_kept(&[]));
        assert!(table(&verdicts).to_string().contains("|  300 ms |  1000 ms |  missed |"), "{}", table(&verdicts));
    }
}
