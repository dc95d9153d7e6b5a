//! The vectors of the fixture, and that each request vector is what it says.

use super::*;

fn fixture() -> Files {
    let document = Document::parse("fixture.yaml", include_str!("../sdk/fixture.yaml")).unwrap();
    let model = crate::read::model(&document).unwrap();
    files(&document, &model)
}

fn vectors(operation: &str, kind: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(&fixture()[&format!("{operation}.json")]).unwrap();
    file[kind].as_array().unwrap().clone()
}

fn names(vectors: &[Value]) -> Vec<&str> {
    vectors.iter().map(|vector| vector["name"].as_str().unwrap()).collect()
}

#[test]
fn names_are_unique() {
    for (file, text) in fixture() {
        let file_value: Value = serde_json::from_str(&text).unwrap();
        let mut all: Vec<Value> = Vec::new();
        for kind in ["requests", "answers"] {
            all.extend(file_value[kind].as_array().into_iter().flatten().cloned());
        }
        let names = names(&all);
        let unique: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{file}");
        assert!(names.len() > 10, "{file}: {names:?}");
    }
}
