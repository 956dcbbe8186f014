//! Secrets that this process handed to CloudFormation: what comes back may repeat them.
//!
//! A resource's failure quotes what it was made with, and an output may hold a parameter. CloudFormation masks neither, so values of `NoEcho`
//! parameters are made stars here, before any other room sees them. What an earlier run gave cannot be known.

use std::cell::RefCell;

use crate::backend::{ChangeSetRequest, ParameterInput, StackDescription};
use crate::cloudformation::StackEvent;
use crate::parameters::Declaration;
use crate::plan::redact::STARS;
use crate::template::{Arena, Source, Template};

/// A value shorter than this says too little to be found again in a text: stars in place of every `on` would only hide the text.
const SHORTEST: usize = 4;

/// The `NoEcho` values that were given.
#[derive(Debug, Default)]
pub(super) struct Given(RefCell<Vec<String>>);

impl Given {
    /// Takes note of a request's secrets.
    pub(super) fn take(&self, request: &ChangeSetRequest) {
        let (source, arena) = (Source::new("template", request.template.as_str()), Arena::new());
        // CloudFormation says itself what is wrong with a template that cannot be read, and gets no secret into anything.
        let Ok(template) = Template::read(&source, &arena) else { return };
        let mut values = self.0.borrow_mut();
        for entry in &template.parameters {
            let is_secret = Declaration::of(&template, entry).0.is_some_and(|declaration| declaration.no_echo);
            if let (true, Some(ParameterInput::Value(value))) = (is_secret, request.parameters.get(entry.name))
                && value.len() >= SHORTEST
            {
                values.push(value.clone());
            }
        }
        // The longest first, so that one inside another leaves no rest.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
    }

    /// Returns an event without them.
    pub(super) fn event(&self, mut event: StackEvent) -> StackEvent {
        event.status_reason = event.status_reason.map(|reason| self.text(reason));
        if let Some(hook) = &mut event.hook {
            hook.reason = hook.reason.take().map(|reason| self.text(reason));
        }
        event
    }

    /// Returns a stack without them.
    pub(super) fn stack(&self, mut stack: StackDescription) -> StackDescription {
        stack.status_reason = stack.status_reason.map(|reason| self.text(reason));
        for value in stack.outputs.values_mut() {
            *value = self.text(std::mem::take(value));
        }
        stack
    }

    fn text(&self, text: String) -> String {
        self.0
            .borrow()
            .iter()
            .fold(text, |text, secret| if text.contains(secret.as_str()) { text.replace(secret.as_str(), STARS) } else { text })
    }
}
