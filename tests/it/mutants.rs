//! Damaged copies of generated types, made by the build script: the independent leg has to notice every one, and nothing
//! in the unharmed copies.

use contract_tests::components::{Component, component};
use contract_tests::instances::instances;
use contract_tests::json_schema;
use contract_tests::verdicts::type_disagreement;
use serde_json::Value;

/// A copy of a component's type.
pub(super) struct Mutant {
    name: &'static str,
    component: &'static str,
    harmed: bool,
    round_trip: fn(&Value) -> Result<Value, String>,
}

mod copies {
    use super::Mutant;
    include!(concat!(env!("OUT_DIR"), "/mutants.rs"));
}

#[test]
fn every_damage_to_a_type_is_noticed() {
    let survivors: Vec<&str> = copies::MUTANTS
        .iter()
        .filter(|mutant| mutant.harmed && first_disagreement(mutant).is_none())
        .map(|mutant| mutant.name)
        .collect();
    assert_eq!(survivors, Vec::<&str>::new());
    let harmed = copies::MUTANTS.iter().filter(|mutant| mutant.harmed).count();
    assert!(harmed >= 6, "{harmed} damages show little");
}

#[test]
fn unharmed_copies_are_not_accused() {
    let accused: Vec<String> = copies::MUTANTS
        .iter()
        .filter(|mutant| !mutant.harmed)
        .filter_map(|mutant| first_disagreement(mutant).map(|text| format!("{}: {text}", mutant.name)))
        .collect();
    assert_eq!(accused, Vec::<String>::new());
}

fn first_disagreement(mutant: &Mutant) -> Option<String> {
    let judged = Component { round_trip: mutant.round_trip, ..component(mutant.component) };
    let judge = json_schema::component(mutant.component);
    instances(mutant.component).iter().find_map(|instance| {
        let faults = json_schema::faults(judge, &instance.value);
        type_disagreement(judged, &instance.value, &faults).map(|text| format!("{}: {text}", instance.what))
    })
}
