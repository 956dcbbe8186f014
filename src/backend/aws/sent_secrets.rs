//! Secrets that this process sent to CloudFormation, masked in responses.
//!
//! A resource's failure may quote its properties, and an output may contain a parameter. CloudFormation masks neither, so values of
//! `NoEcho` parameters are masked here, before any other module receives them. Secrets that an earlier run sent are unknown.

use std::cell::RefCell;

use crate::backend::{ChangeSetDescription, ChangeSetRequest, ParameterInput, StackDescription};
use crate::cloudformation::{HookResult, OperationEvent, STACK_TYPE, StackEvent};
use crate::diagnostic::Source;
use crate::secret::{Mask, is_no_echo};
use crate::template::{Arena, Template};

/// Masks the `NoEcho` values that were given.
#[derive(Debug, Default)]
pub(super) struct SentSecrets(RefCell<Mask>);

impl SentSecrets {
    /// Adds a request's secrets.
    pub(super) fn add(&self, request: &ChangeSetRequest) {
        let (source, arena) = (Source::new("template", request.template.as_str()), Arena::new());
        // CloudFormation reports an unreadable template itself, and uses no secret of the request.
        let Ok(template) = Template::read(&source, &arena) else { return };
        let mut mask = self.0.borrow_mut();
        for entry in &template.parameters {
            if let (true, Some(ParameterInput::Value(value))) = (is_no_echo(entry.body), request.parameters.get(entry.name)) {
                mask.add(value);
            }
        }
    }

    /// Returns an event with the secrets masked.
    pub(super) fn event(&self, mut event: StackEvent) -> StackEvent {
        event.status_reason = event.status_reason.map(|reason| self.text(reason));
        // The ID of a resource may contain its name. Those of stacks are ARNs, by which events of the stack itself are recognized.
        if event.resource_type != STACK_TYPE {
            event.physical_id = event.physical_id.map(|id| self.text(id));
        }
        if let Some(hook) = &mut event.hook {
            hook.reason = hook.reason.take().map(|reason| self.text(reason));
        }
        event
    }

    /// Returns an event of an operation with the secrets masked.
    pub(super) fn operation_event(&self, event: OperationEvent) -> OperationEvent {
        let mut event = OperationEvent { event: self.event(event.event), ..event };
        if let Some(validation) = &mut event.validation {
            validation.reason = validation.reason.take().map(|reason| self.text(reason));
        }
        event
    }

    /// Returns the result of a hook with the secrets masked.
    pub(super) fn hook_result(&self, mut result: HookResult) -> HookResult {
        let mask = |text: &mut Option<String>| *text = text.take().map(|text| self.text(text));
        mask(&mut result.reason);
        for annotation in &mut result.annotations {
            [&mut annotation.message, &mut annotation.remediation, &mut annotation.remediation_link].into_iter().for_each(mask);
        }
        if let Some(target) = &mut result.target {
            target.id = self.text(std::mem::take(&mut target.id));
        }
        result
    }

    /// Returns a change set with the secrets in its reason masked.
    pub(super) fn change_set(&self, mut change_set: ChangeSetDescription) -> ChangeSetDescription {
        change_set.status_reason = change_set.status_reason.map(|reason| self.text(reason));
        change_set
    }

    /// Returns a stack with the secrets masked.
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
