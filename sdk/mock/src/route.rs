//! Which operation a request is for.

use std::collections::BTreeMap;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::contract::Operation;
use crate::generated::contract::OPERATIONS;

/// Where a request leads.
#[derive(Debug)]
pub(crate) enum Route {
    /// To an operation, with the values in its path.
    To(&'static Operation, BTreeMap<&'static str, String>),
    /// To a path that has only these methods.
    OtherMethods(String),
    /// Nowhere.
    Nowhere,
}

/// Finds the operation. Where two paths fit, the one with more literal segments is meant.
pub(crate) fn route(method: &Method, path: &str) -> Route {
    let mut fitting: Vec<_> =
        OPERATIONS.iter().filter_map(|operation| Some((*operation, values(operation.path, path)?))).collect();
    fitting.sort_by_key(|(_, values)| values.len());
    let Some(template) = fitting.first().map(|(operation, _)| operation.path) else { return Route::Nowhere };
    fitting.retain(|(operation, _)| operation.path == template);
    let methods: Vec<&str> = fitting.iter().map(|(operation, _)| operation.method).collect();
    match fitting.iter().position(|(operation, _)| operation.method == method.as_str()) {
        Some(index) => {
            let (operation, values) = fitting.swap_remove(index);
            Route::To(operation, values)
        }
        None => Route::OtherMethods(methods.join(", ")),
    }
}

/// The decoded values of a path that fits the template. Empty segments are none: slashes in a row are one, and one at the end
/// says nothing.
fn values(template: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let wanted: Vec<&'static str> = template.split('/').filter(|segment| !segment.is_empty()).collect();
    let given: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if wanted.len() != given.len() {
        return None;
    }
    let mut values = BTreeMap::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        let given = percent_decode_str(given).decode_utf8().ok()?;
        match wanted.strip_prefix('{').and_then(|wanted| wanted.strip_suffix('}')) {
            Some(name) => drop(values.insert(name, given.into_owned())),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(values)
}

/// The path without what may be a secret: segments that no operation has literally.
pub(crate) fn shown(path: &str) -> String {
    let known =
        |segment: &str| OPERATIONS.iter().any(|operation| operation.path.split('/').any(|part| part == segment));
    let segments: Vec<&str> = path.split('/').map(|segment| if known(segment) { segment } else { "*" }).collect();
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_led_by_method_and_path() {
        let Route::To(operation, values) = route(&Method::POST, "/users/sam%40acme.example/activation-email") else {
            panic!("no operation")
        };
        assert_eq!((operation.id, values["email"].as_str()), ("muninx_resend_activation_email", "sam@acme.example"));
        assert!(matches!(route(&Method::GET, "/activations"), Route::OtherMethods(allowed) if allowed == "POST"));
        for path in ["//users", "/users/", "/users//"] {
            assert!(
                matches!(route(&Method::POST, path), Route::To(operation, _) if operation.id == "muninx_invite_user")
            );
        }
        for nowhere in ["/", "/users/a/activation-email/b", "/Users", "/invite/%FF/validate"] {
            assert!(matches!(route(&Method::POST, nowhere), Route::Nowhere), "{nowhere}");
        }
    }

    #[test]
    fn unknown_segments_are_not_shown() {
        assert_eq!(shown("/invite/sgn_canary/signupp"), "/invite/*/*");
    }
}
