//! Stack events as lines of text.

use super::layout::Layout;
use super::styles::{Style, Styles, styled};
use super::visible::visible;
use crate::backend::EventsUnavailable;
use crate::cloudformation::{OperationEvent, OperationStatus, StackEvent};

/// The width below which a line omits the date and padding.
const WIDE: usize = 110;

/// The width of the longest status, `UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS`.
const STATUS: usize = 44;

/// Returns an event as one line without a newline: time, status, logical ID, type, reason.
///
/// On a narrow terminal the line omits the date and the padding.
pub fn event_line(event: &StackEvent, layout: Layout) -> String {
    let styles = layout.styles;
    let (status, reason) = match &event.hook {
        None => (event.status.as_str(), event.status_reason.as_deref()),
        Some(hook) => (hook.status.as_str(), hook.reason.as_deref()),
    };
    // Control characters from a template or service must not reach the terminal.
    let reason = reason.map(|reason| format!("  {}", visible(&reason.replace('\n', " ")))).unwrap_or_default();
    let detail = event.detailed_status.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let hook = event.hook.as_ref().map(|hook| format!("  hook {}", hook.hook_type)).unwrap_or_default();
    let style = status_style(status, styles);
    let rest = format!("{}{detail}{hook}{reason}", event.resource_type);
    let line = if layout.width >= WIDE {
        // Services omit trailing zeros of a fraction, which would shift the columns.
        let time = event.at().map_or_else(|| event.timestamp.clone(), |at| format!("{at:.3}"));
        let (time, status) = (styled(styles.dim, time), styled(style, format!("{status:STATUS$}")));
        format!("{time}  {status}  {:28}  {rest}", event.logical_id)
    } else {
        let time = event.timestamp.get(11..19).unwrap_or(&event.timestamp);
        format!("{}  {}  {}  {rest}", styled(styles.dim, time), styled(style, status), event.logical_id)
    };
    line.trim_end().to_owned()
}

/// Returns an event of an operation as one line without a newline: as [`event_line`], with the result and the place of a validation.
pub fn operation_event_line(event: &OperationEvent, layout: Layout) -> String {
    let mut shown = event.event.clone();
    if shown.status.as_str().is_empty() {
        let of_validation = event.validation.as_ref().map(|validation| validation.status.as_str());
        shown.status = of_validation.or(event.operation_status.map(OperationStatus::as_str)).unwrap_or_default().into();
    }
    if shown.logical_id.is_empty() {
        shown.logical_id = event.operation_type.as_str().to_owned();
    }
    if let Some(validation) = &event.validation {
        let mode = if validation.mode.as_str().is_empty() { String::new() } else { format!(" ({})", validation.mode) };
        let place = validation.path.as_deref().map(|path| format!(" at {path}")).unwrap_or_default();
        let reason = validation.reason.as_deref().unwrap_or("no reason given");
        shown.status_reason = Some(format!("{}{mode}: {reason}{place}", validation.name));
    }
    event_line(&shown, layout)
}

/// What to do without permission to read the details of a failure.
const ALLOW: &str = "allow cloudformation:DescribeEvents and cloudformation:GetHookResult, which `rackform permissions` lists";

/// Returns why the details of a failure are unknown, and how to show them.
pub fn events_unavailable(why: &EventsUnavailable) -> String {
    let result = "only the stack's events are shown, without every error of a resource and the findings of validations and hooks";
    match why {
        EventsUnavailable::Unsupported(_) => format!("the endpoint does not support DescribeEvents: {result}"),
        EventsUnavailable::Denied(error) => {
            format!("{error}: {result}; {ALLOW}")
        }
        EventsUnavailable::Failed(error) => format!("{error}: {result}; `rackform events --failed` tries again"),
    }
}

/// Returns why it is unknown what CloudFormation's checks found in a change set.
pub fn validations_unknown(why: &EventsUnavailable) -> String {
    let allow = match why {
        EventsUnavailable::Denied(_) => format!("; {ALLOW}"),
        EventsUnavailable::Unsupported(_) | EventsUnavailable::Failed(_) => String::new(),
    };
    format!("what CloudFormation's checks before the deployment warn about is unknown: {}{allow}", why.error())
}

/// Returns the style of a stack's or resource's status.
pub fn status_style(status: &str, styles: Styles) -> Style {
    if status.contains("FAILED") || status.contains("ROLLBACK") {
        styles.alarm
    } else if status.ends_with("IN_PROGRESS") {
        styles.update
    } else {
        styles.add
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, event_line};
    use crate::cloudformation::StackEvent;

    #[test]
    fn columns_are_aligned_for_any_fraction_and_status() {
        let line = |timestamp: &str, status: &str| {
            let event = StackEvent {
                timestamp: timestamp.to_owned(),
                logical_id: "Files".to_owned(),
                status: status.into(),
                ..StackEvent::default()
            };
            event_line(&event, Layout { width: 120, ..Layout::plain() })
        };
        let lines = [
            line("2026-01-02T03:04:05.2Z", "CREATE_COMPLETE"),
            line("2026-01-02T03:04:05Z", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            line("2026-01-02T03:04:05.123456Z", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
        ];
        let places: Vec<_> = lines.iter().map(|line| (line.find("Z  "), line.find("Files"))).collect();
        assert!(places[0].1.is_some() && places.iter().all(|place| *place == places[0]), "{lines:#?}");
    }
}
