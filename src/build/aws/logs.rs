//! CloudWatch Logs: the log events of a build's container.

use super::AwsBuilds;
use crate::aws::RequestError;
use crate::aws::request_error;
use crate::build::task::{LogEvent, LogPage, LogPosition, LogStream};

pub(super) fn log_events(aws: &AwsBuilds, stream: &LogStream, from: &LogPosition) -> Result<Option<LogPage>, RequestError> {
    let other_region = stream.region.as_ref().filter(|region| region.as_str() != aws.session.region());
    let client = match other_region {
        None => &aws.logs_for_polling,
        Some(region) => {
            let config = aws.logs_for_polling.config().to_builder().region(aws_sdk_cloudwatchlogs::config::Region::new(region.clone()));
            &aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
        }
    };
    let call = client
        .get_log_events()
        .log_group_name(&stream.group)
        .log_stream_name(&stream.name)
        .start_from_head(true)
        .set_start_time(from.since.filter(|_| from.token.is_none()))
        .set_next_token(from.token.clone());
    let response = match aws.session.block_on(call.send()) {
        Ok(response) => response,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => return Ok(None),
        Err(error) => return Err(request_error("GetLogEvents", error)),
    };
    let events = response.events().iter().map(|event| LogEvent {
        timestamp: event.timestamp().unwrap_or_default(),
        message: event.message().unwrap_or_default().to_owned(),
    });
    Ok(Some(LogPage { events: events.collect(), next: response.next_forward_token().map(ToOwned::to_owned) }))
}
