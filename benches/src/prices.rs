//! AWS prices in US dollars: region us-east-1 (N. Virginia), without volume discounts and free tiers, from AWS's
//! pricing pages in November 2026.

/// A million requests to a REST API. <https://aws.amazon.com/api-gateway/pricing/>
pub const API_REQUESTS: f64 = 3.50;
/// A million calls of functions. <https://aws.amazon.com/lambda/pricing/>
pub const FUNCTION_CALLS: f64 = 0.20;
/// A gigabyte-second of memory of a function on arm64. <https://aws.amazon.com/lambda/pricing/>
pub const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
/// A million read units of a table on demand. <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub const READ_UNITS: f64 = 0.125;
/// A million write units of a table on demand. <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub const WRITE_UNITS: f64 = 0.625;
/// A million requests to a standard queue. <https://aws.amazon.com/sqs/pricing/>
pub const QUEUE_REQUESTS: f64 = 0.40;
/// The surcharge of fair queues, for a million requests with messages that have a group.
pub const FAIR_QUEUE_REQUESTS: f64 = 0.10;
/// A gigabyte of ingested logs. <https://aws.amazon.com/cloudwatch/pricing/>
pub const LOG_GIGABYTE: f64 = 0.50;
