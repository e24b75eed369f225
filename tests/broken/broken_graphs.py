"""Archives whose code is sound and asks for what cannot be: operators that do not exist or take
other arguments, sizes that do not fit or leave 64 bits, more memory than there is."""

from pickle_bytes import archive, forward

LEAST, MOST = -9223372036854775808, 9223372036854775807


def files():
    for what, lines in {**operators(), **shapes(), **extremes(), **amounts()}.items():
        yield "graph_" + what, archive(code=forward(*lines))


def operators():
    return {
        "unknown_operator": ["return torch.nonsense(x)"],
        "operator_of_another_library": ["return ops.torchvision.nms(x, x, 0.5)"],
        "operator_of_control_characters": ['return ops.aten.__getattr__("\\x1b[2J")(x)'],
        "too_few_arguments": ["return torch.mul(x)"],
        "too_many_arguments": ["return torch.relu(x, 1, 2)"],
        "unknown_keyword": ["return torch.add(x, x, beta=1)"],
        "text_for_a_number": ['return torch.transpose(x, "0", 1)'],
        "tensor_for_a_list": ["return torch.reshape(x, self.weight)"],
        "none_for_a_tensor": ["return torch.add(None, x)"],
        "list_for_a_tensor": ["return torch.relu([x, x])"],
        "float_for_an_integer": ["return torch.transpose(x, 0.5, 1)"],
        "dtype_that_does_not_exist": ["return torch.to(x, 99)"],
        "device_that_does_not_exist": ['return torch.to(x, torch.device("gpu"), 6)'],
        "einsum_of_nonsense": ['return torch.einsum("ij,jk->", [x])'],
        "floats_as_rows": ["return torch.embedding(self.weight, x)"],
        "floats_as_bits": ["return torch.bitwise_and(x, x)"],
    }


def shapes():
    """Of the weight, [2, 3]: what the input's sizes are is found by what fits."""
    def of(call):
        return [f"return torch.add(x, torch.sum({call}))"]

    ones = "torch.ones([2, 4], dtype=6)"
    nine = "torch.full([1], 9, dtype=4)"
    return {
        "dimension_outside": of("torch.transpose(self.weight, 0, 2)"),
        "dimension_before_the_first": of("torch.sum(self.weight, [-3])"),
        "reshape_to_another_size": of("torch.reshape(self.weight, [7])"),
        "reshape_with_two_holes": of("torch.reshape(self.weight, [-1, -1])"),
        "reshape_to_a_negative_size": of("torch.reshape(self.weight, [-2, -3])"),
        "expand_to_another_size": of("torch.expand(self.weight, [5, 3])"),
        "broadcast_of_unlike_sizes": of(f"torch.add(self.weight, {ones})"),
        "product_of_unlike_sizes": of("torch.matmul(self.weight, self.weight)"),
        "product_of_a_number": of("torch.matmul(self.weight, torch.sum(self.weight))"),
        "cat_of_nothing": ["a = torch.split(self.weight, 1, 0)",
                           "return torch.cat(torch.slice(a, 0, 0), 0)"],
        "cat_of_unlike_sizes": of(f"torch.cat([self.weight, {ones}], 0)"),
        "stack_of_unlike_sizes": of(f"torch.stack([self.weight, {ones}])"),
        "squeeze_outside": of("torch.squeeze(self.weight, 5)"),
        "permute_of_one_twice": of("torch.permute(self.weight, [0, 0])"),
        "permute_of_too_few": of("torch.permute(self.weight, [0])"),
        "split_of_nothing": ["a = torch.split(self.weight, 0, 0)", "return torch.add(x, a[0])"],
        "select_outside": of("torch.select(self.weight, 0, 7)"),
        "row_outside": of(f"torch.embedding(self.weight, {nine})"),
        "index_outside": of(f"torch.index_select(self.weight, 0, {nine})"),
        "gather_outside": of("torch.gather(self.weight, 0, torch.full([1, 1], 9, dtype=4))"),
        "layer_norm_of_another_size": of("torch.layer_norm(self.weight, [4])"),
        "softmax_outside": of("torch.softmax(self.weight, 3)"),
        "heads_that_do_not_divide": of("torch.reshape(self.weight, [2, 2, 2])"),
    }


def extremes():
    def of(call):
        return [f"return torch.add(x, torch.sum({call}))"]

    def conv(padding, dilation):
        return of("torch.conv1d(torch.unsqueeze(self.weight, 0), torch.ones([1, 2, 3], dtype=6), "
                  f"None, [1], [{padding}], [{dilation}], 1)")

    return {
        "transpose_extremes": of(f"torch.transpose(self.weight, {LEAST}, {MOST})"),
        "select_extreme": of(f"torch.select(self.weight, 0, {LEAST})"),
        "narrow_extremes": of(f"torch.narrow(self.weight, 0, {MOST}, {MOST})"),
        "unfold_extreme": of(f"torch.unfold(self.weight, 0, 3, {MOST})"),
        "pad_extremes": of("torch.pad(self.weight, [4611686018427387904, 4611686018427387904])"),
        "arange_extremes": of(f"torch.arange({LEAST}, {MOST}, 1)"),
        "remainder_extreme": of(f"torch.remainder({LEAST}, 0)"),
        "max_pool_extremes": of("torch.max_pool1d(torch.unsqueeze(self.weight, 0), "
                                "[4611686018427387904], [1], [2305843009213693952], [4])"),
        "conv_dilation_extreme": conv(0, 4611686018427387905),
        "conv_padding_extreme": conv(MOST, 1),
        "sizes_that_wrap": of("torch.ones([4294967296, 4294967296, 4294967296], dtype=6)"),
        "as_strided_outside": of("torch.as_strided(self.weight, [2, 3], [300, 1], 0)"),
        "as_strided_negative": of("torch.as_strided(self.weight, [2], [-1], 1)"),
    }


def amounts():
    terabyte = "torch.expand(torch.ones([1], dtype=6), [1099511627776])"
    return {
        "split_of_a_terabyte": [f"a = torch.split({terabyte}, 1, 0)",
                                "return torch.add(x, torch.len(a))"],
        "unbind_of_a_terabyte": [f"a = torch.unbind({terabyte}, 0)",
                                 "return torch.add(x, torch.len(a))"],
        "sizes_that_square": ["n = torch.size(x, 1)"] + ["n = torch.mul(n, n)"] * 40 +
                             ["return torch.add(x, torch.sum(torch.zeros([n], dtype=6)))"],
        "operators_by_the_thousand": ["a = x"] + ["a = torch.add(a, 1)"] * 70000 + ["return a"],
    }
