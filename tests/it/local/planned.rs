//! Applying a plan has the predicted effects, for every switch.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicBool;

use rackform::apply::{Outcome, apply};
use rackform::backend::Backend as _;
use rackform::backend::local::LocalBackend;

use super::in_memory;
use crate::backend::{EventRecorder, NETWORK, put, target};

/// Plans the change from the deployed stack to a template.
fn planned(backend: &LocalBackend, template: &str, values: &[(&str, &str)]) -> rackform::plan::Plan {
    use rackform::diagnostic::Source;
    use rackform::evaluate::evaluate;
    use rackform::parameters::{ParameterOverrides, ParameterSet};
    use rackform::template::{Arena, Template};
    let stack = backend.describe_stack("rack").unwrap().unwrap();
    let state = rackform::backend::deployed_state(backend, &stack).unwrap();
    let (arena, sources) = (Arena::new(), [Source::new("before", stack.template.clone()), Source::new("after", template)]);
    let templates = [Template::read(&sources[0], &arena).unwrap(), Template::read(&sources[1], &arena).unwrap()];
    let mut given = ParameterOverrides::new();
    stack.parameters.iter().for_each(|(name, value)| given.add_deployed(name, value.clone()));
    let before = ParameterSet::resolve(&templates[0], &given).unwrap();
    values.iter().for_each(|(name, value)| given.add_flag(&format!("{name}={value}")).unwrap());
    let after = ParameterSet::resolve(&templates[1], &given).unwrap();
    let evaluations = [evaluate(&templates[0], &before, &state, &arena).unwrap(), evaluate(&templates[1], &after, &state, &arena).unwrap()];
    rackform::plan::plan(&evaluations[0], &evaluations[1]).unwrap()
}

/// Plans and applies some values, and compares the stack with the plan: exactly the predicted resources were created, replaced and deleted,
/// and every resource matches the template.
fn as_planned(backend: &LocalBackend, template: &str, values: &[(&str, &str)]) {
    use rackform::plan::Effect;
    let ids = || -> std::collections::BTreeMap<String, String> {
        backend.list_resources("rack").unwrap().into_iter().map(|resource| (resource.logical_id, resource.physical_id)).collect()
    };
    let (plan, old) = (planned(backend, template, values), ids());
    let wanted = target(backend, "rack", template, values);
    let outcome = apply(backend, &wanted, &mut EventRecorder::default(), &AtomicBool::new(false)).unwrap();
    if let Outcome::Unchanged { .. } = outcome {
        // A secret in the request may equal the deployed one: only the backend knows.
        assert!(!plan.has_changes() || values.iter().any(|(name, _)| *name == "Token"), "{values:?}");
        assert_eq!(ids(), old, "{values:?}");
        return;
    }
    assert!(plan.has_changes(), "{values:?}: {outcome:?}");
    if let Outcome::RolledBack { .. } = outcome {
        assert_eq!(ids(), old, "{values:?}");
        return;
    }
    let inspector = rackform::verify::local::LocalInspector::new(backend, "us-east-1");
    let request = rackform::operation::VerificationRequest {
        stack: &wanted.stack,
        parameters: Some(&wanted.parameters),
        patience: std::time::Duration::ZERO,
    };
    let report = rackform::operation::verify_stack(request, backend, &inspector).unwrap();
    let broken: Vec<_> =
        report.checks.iter().filter(|verdict| verdict.check.starts_with("resource-") && verdict.remedy.is_some()).collect();
    assert_eq!((broken, report.summary.passed > 0), (Vec::new(), true), "{values:?}");
    let new = ids();
    for id in old.keys().chain(new.keys()) {
        let effect = plan.effects.iter().find(|effect| effect.logical_resource_id == *id).map(|effect| effect.effect);
        let expected = match (old.get(id), new.get(id)) {
            (None, Some(_)) => vec![Some(Effect::Created)],
            (Some(_), None) => vec![Some(Effect::Deleted), Some(Effect::Retained)],
            (Some(old), Some(new)) if old != new => vec![Some(Effect::Replaced)],
            _ => vec![None, Some(Effect::Untouched), Some(Effect::UpdatedInPlace), Some(Effect::UpdatedWithInterruption)],
        };
        assert!(
            expected.contains(&effect),
            "{values:?}: {id} was {:?}, is {:?}, and the plan predicted {effect:?}",
            old.get(id),
            new.get(id)
        );
    }
}

fn pick(choices: &'static [&'static str]) -> impl proptest::strategy::Strategy<Value = &'static str> {
    proptest::sample::select(choices)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_applied_plan_results_in_the_predicted_state(
        steps in proptest::collection::vec((pick(&["us-east-1a", "us-east-1b"]), pick(&["Yes", "No"]), pick(&["", "s3cr3t-s3cr3t"])), 1..5)
    ) {
        let backend = in_memory();
        put(&backend, "rack", NETWORK, &[]);
        for (zone, cache, token) in steps {
            as_planned(&backend, NETWORK, &[("Zone", zone), ("Cache", cache), ("Token", token)]);
        }
    }
}

proptest::proptest! {
    // Each case is several evaluations of a whole rack.
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 4, failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_applied_plan_of_our_own_rack_results_in_the_predicted_state(
        steps in proptest::collection::vec((pick(&["ec2", "fargate"]), pick(&["Yes", "No"]), pick(&["true", "false"]), pick(&["2", "3"])), 1..3)
    ) {
        let rack = rackform::render::render(&rackform::render::RenderOptions::default()).unwrap();
        let backend = in_memory();
        put(&backend, "rack", &rack, &[]);
        for (method, cache, available, zones) in steps {
            let values = [("BuildMethod", method), ("BuildCache", cache), ("HighAvailability", available), ("MaxAvailabilityZones", zones)];
            as_planned(&backend, &rack, &values);
        }
    }
}
