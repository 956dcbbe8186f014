//! Intrinsic functions, one file each.
//!
//! Each function takes its node and operand, returns a value, and reports problems with CloudFormation's message where it is known.
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
