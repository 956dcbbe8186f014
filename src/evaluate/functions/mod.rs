//! Intrinsic functions, one file each.
//!
//! Each takes its node and operand, gives a value, and reports what is wrong in CloudFormation's words beside our own.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

mod base64;
mod choose;
mod cidr;
mod extensions;
mod find_in_map;
mod get_att;
mod get_azs;
mod get_stack_output;
mod import_value;
mod join;
mod reference;
mod rule;
mod select;
mod split;
mod sub;
mod transform;
