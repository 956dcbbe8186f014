//! `Fn::Cidr`: splits a block of addresses into smaller ones.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>

use bumpalo::collections::Vec as ArenaVec;
use ipnet::IpNet;

use crate::evaluate::evaluator::Evaluator;
use crate::evaluate::value::{Residual, Value, ValueKind};
use crate::secret::MASKED;
use crate::template::Node;

const COUNT: std::ops::RangeInclusive<usize> = 1..=256;

/// Returns the first `count` blocks with `bits` address bits each within a block.
fn cut(block: &str, count: usize, bits: u8) -> Result<Vec<String>, String> {
    let net: IpNet = block.trim().parse().map_err(|_| format!("`{block}` is not a CIDR block"))?;
    let length = net.max_prefix_len().checked_sub(bits).ok_or_else(|| format!("an address has fewer than {bits} bits"))?;
    if length < net.prefix_len() {
        return Err(format!("blocks of {bits} bits are larger than `{block}`"));
    }
    let subnets = net.trunc().subnets(length).map_err(|error| error.to_string())?;
    let found: Vec<String> = subnets.take(count).map(|subnet| subnet.to_string()).collect();
    if found.len() < count { Err(format!("`{block}` has {} blocks of {bits} bits, not {count}", found.len())) } else { Ok(found) }
}

impl<'a> Evaluator<'_, 'a> {
    pub(in crate::evaluate) fn cidr(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>) -> Value<'a> {
        let Some(operands) = Self::operands(operand, 2..=3) else {
            return self.bad_cidr(node, operand, "`Fn::Cidr` takes a block, a count and a number of bits".to_owned());
        };
        let values: Vec<Value<'a>> = operands.iter().map(|operand| self.operand(operand)).collect();
        if values.iter().any(Value::is_unknown) || values.len() < 3 {
            // Without the number of bits, AWS chooses an undocumented default.
            return self.unknown(Residual::Cidr(self.arena.slice(&values)), node);
        }
        let texts: Vec<Option<&str>> = values.iter().map(Value::text).collect();
        let [Some(block), Some(count), Some(bits)] = texts[..] else {
            return self.bad_cidr(node, operand, "`Fn::Cidr` takes a block, a count and a number of bits".to_owned());
        };
        let secret = operands.iter().any(|operand| self.is_secret(operand));
        let Some(number) = count.trim().parse().ok().filter(|count| COUNT.contains(count)) else {
            return self.bad_cidr(
                node,
                operand,
                format!("`Fn::Cidr` returns 1 to 256 blocks, not `{}`", if secret { MASKED } else { count }),
            );
        };
        let Ok(width) = bits.trim().parse() else {
            return self.bad_cidr(node, operand, format!("`{}` is not a number of bits", if secret { MASKED } else { bits }));
        };
        match cut(block, number, width) {
            Ok(blocks) => {
                if self.is_spent(blocks.iter().map(|block| size_of::<Value<'_>>() + block.len()).sum(), node) {
                    return self.unevaluated(node);
                }
                let mut items = ArenaVec::with_capacity_in(blocks.len(), self.arena.bump());
                items.extend(blocks.iter().map(|block| self.string(block, node)));
                Value::new(ValueKind::List(items.into_bump_slice()), node)
            }
            Err(_) if secret => self.bad_cidr(node, operand, format!("`{MASKED}` cannot be split like this")),
            Err(message) => self.bad_cidr(node, operand, message),
        }
    }

    fn bad_cidr(&mut self, node: &'a Node<'a>, place: &'a Node<'a>, message: String) -> Value<'a> {
        let aws = "Template error: every Fn::Cidr object requires two parameters and an optional third parameter, (1) an IP address range in CIDR \
                   notation, (2) a number of subnets in range [1-256] and (3) an optional number of subnet bits";
        self.problem("cidr-operands", place, message, aws);
        self.unevaluated(node)
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn bits_count_the_addresses_of_a_block() {
        assert_eq!(cut("192.168.0.0/24", 3, 5), Ok(["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27"].map(str::to_owned).to_vec()));
        assert_eq!(cut("10.0.5.7/16", 1, 8), Ok(vec!["10.0.0.0/24".to_owned()]));
        assert_eq!(cut("2001:db8::/56", 2, 64), Ok(["2001:db8::/64", "2001:db8:0:1::/64"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn blocks_that_do_not_fit_are_refused() {
        assert_eq!(cut("10.0.0.0/24", 3, 7), Err("`10.0.0.0/24` has 2 blocks of 7 bits, not 3".to_owned()));
        assert_eq!(cut("10.0.0.0/24", 1, 9), Err("blocks of 9 bits are larger than `10.0.0.0/24`".to_owned()));
        assert_eq!(cut("10.0.0.0", 1, 8), Err("`10.0.0.0` is not a CIDR block".to_owned()));
        assert_eq!(cut("10.0.0.0/24", 1, 200), Err("an address has fewer than 200 bits".to_owned()));
    }
}
