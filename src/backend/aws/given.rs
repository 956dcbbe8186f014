//! Secrets that this process handed to CloudFormation: what comes back may repeat them.
//!
//! A resource's failure quotes what it was made with, and an output may hold a parameter. CloudFormation masks neither, so values of `NoEcho`
//! parameters are made stars here, before any other room sees them. What an earlier run gave cannot be known.

use std::cell::RefCell;

use crate::backend::{ChangeSetRequest, ParameterInput, StackDescription};
use crate::cloudformation::StackEvent;
use crate::secret::{Mask, is_no_echo};
use crate::template::{Arena, Source, Template};

/// Masks the `NoEcho` values that were given.
#[derive(Debug, Default)]
pub(super) struct Given(RefCell<Mask>);

impl Given {
    /// Takes note of a request's secrets.
    pub(super) fn take(&self, request: &ChangeSetRequest) {
        let (source, arena) = (Source::new("template", request.template.as_str()), Arena::new());
        // CloudFormation says itself what is wrong with a template that cannot be read, and gets no secret into anything.
        let Ok(template) = Template::read(&source, &arena) else { return };
        let mut mask = self.0.borrow_mut();
        for entry in &template.parameters {
            if let (true, Some(ParameterInput::Value(value))) = (is_no_echo(entry.body), request.parameters.get(entry.name)) {
                mask.add(value);
            }
        }
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
        self.0.borrow().text(text)
    }
}
