"""Archives whose code is broken: its letters, its grammar, its names and types, its calls."""

from pickle_bytes import CODE, archive, forward


def files():
    for what, code in {**letters(), **grammar(), **unsupported(), **nesting()}.items():
        yield "code_" + what, archive(code=code)
    for what, code in {**names(), **calls(), **values(), **recursion()}.items():
        yield "code_" + what, archive(code=code)


def letters():
    return {
        "of_another_alphabet": forward("return ä"),
        "of_invalid_utf8": forward("return x").encode().replace(b"return x", b"return \xff"),
        "of_a_nul": forward("return x\0"),
        "of_a_control_character": forward("return \x1b[2J"),
        "of_a_dollar": forward("return $x"),
        "text_without_end": forward('a = "abc', "return x"),
        "text_of_a_bad_escape": forward(r'a = "\xZZ"', "return x"),
        "integer_beyond_64_bits": forward("return torch.add(x, 9223372036854775808)"),
        "integer_of_letters": forward("return torch.add(x, 12ab)"),
        "float_without_digits": forward("return torch.add(x, 1e)"),
        "name_of_a_megabyte": forward("return " + "n" * (1 << 20)),
    }


def grammar():
    return {
        "empty": "",
        "of_comments": "# nothing\n",
        "indented": " class M(Module):\n  pass\n",
        "indented_by_nothing": "class M(Module):\n  def forward(self) -> int:\n  return 1\n",
        "indented_unevenly": forward("return x").replace("    return x", "     a = x\n    return x"),
        "indented_by_tabs": forward("return x").replace("    return x", "\treturn x"),
        "paren_without_end": forward("return torch.add(x, (1"),
        "paren_of_another_kind": forward("return torch.add(x, 1]"),
        "colon_missing": CODE.replace("class M(Module):", "class M(Module)"),
        "arrow_missing": CODE.replace(" -> ", " "),
        "comma_missing": forward("return torch.add(x 1)"),
        "operand_missing": forward("return torch.add(x, )", "a = "),
        "assignment_to_a_number": forward("1 = x", "return x"),
        "assignment_to_a_call": forward("torch.add(x, 1) = x", "return x"),
        "cut_in_a_class": "class M(Module):\n",
        "cut_in_a_function": CODE[:CODE.index("    weight")],
        "cut_in_a_signature": CODE[:CODE.index("x: Tensor")],
        "statement_outside": "return 1\n" + CODE,
        "two_statements_on_a_line": forward("a = x b = x", "return x"),
        "else_without_if": forward("else:", "  a = x", "return x"),
    }


def unsupported():
    return {
        "while": forward("while True:", "  a = x", "return x"),
        "for": forward("for i in [1]:", "  a = x", "return x"),
        "lambda": forward("a = lambda: x", "return x"),
        "with": forward("with x:", "  a = x", "return x"),
        "try": forward("try:", "  a = x", "return x"),
        "raise": forward('ops.prim.raise("no")', "return x"),
        "assert": forward("assert x", "return x"),
        "del": forward("del x", "return x"),
        "yield": forward("yield x", "return x"),
        "comprehension": forward("a = [i for i in [x]]", "return x"),
        "if_of_the_input": forward("if torch.gt(torch.sum(x), 0):", "  a = x", "else:",
                                   "  a = x", "return a"),
        "decorator": CODE.replace("  def", "  @staticmethod\n  def"),
        "star_arguments": CODE.replace("x: Tensor", "*x: Tensor"),
    }


def nesting():
    chain = "    if False:\n      a = x\n" + "    elif False:\n      a = x\n" * 5000
    return {
        "parens_10000_deep": forward("a = " + "(" * 10000 + "x" + ")" * 10000, "return a"),
        "attributes_10000_deep": forward("a = x" + ".a" * 10000, "return a"),
        "signs_10000_deep": forward("a = " + "-" * 10000 + "1", "return x"),
        "branches_5000_deep": forward("a = x", more=chain + "    return a\n"),
        "tuples_20000_deep": forward("a = (x,)", *["a = (a,)"] * 20000, "return a"),
        "dicts_20000_deep": forward('a = {"k": x}', *['a = {"k": a}'] * 20000, "return a"),
        "calls_within_calls": forward("a = " + "torch.neg(" * 300 + "x" + ")" * 300, "return a"),
        "lines_by_the_million": forward(*["a = x"] * 600000, "return x"),
    }


def names():
    return {
        "class_of_another_name": CODE.replace("class M", "class N"),
        "class_twice": CODE + CODE,
        "method_twice": CODE + CODE[CODE.index("  def"):].replace("mul", "add"),
        "function_twice": CODE + "def f(x: Tensor) -> Tensor:\n  return x\n" * 2,
        "attribute_declared_twice": CODE.replace("  weight : Tensor\n",
                                                 "  weight : Tensor\n  weight : int\n"),
        "parameter_twice": CODE.replace("x: Tensor)", "x: Tensor,\n    x: Tensor)"),
        "parameter_self_twice": CODE.replace("x: Tensor)", "self: Tensor)"),
        "no_forward": CODE.replace("forward", "backward"),
        "forward_without_self": CODE.replace("self: __torch__.M,\n    x: Tensor", ""),
        "unknown_name": forward("return y"),
        "name_before_its_assignment": forward("a = b", "b = x", "return a"),
        "name_of_one_branch": forward("if self.training:", "  a = x", "return a"),
        "unknown_attribute": forward("return self.bias"),
        "unknown_method": forward("return (self).helper(x)"),
        "unknown_function": forward("return __torch__.helper(x)"),
        "unknown_constant": forward("return torch.add(x, CONSTANTS.c9)"),
        "unknown_type": forward("return x", parameters="x: Picture"),
        "type_of_an_expression": forward("return x", parameters="x: 1 + 1"),
        "method_of_a_tensor": forward("return (x).add(1)"),
        "attribute_of_a_number": forward("return (1).real"),
        "control_character_in_a_name": forward('return self.__annotations__["\\x1b[2J\\n"]'),
    }


def calls():
    helper = ("  def helper(self: __torch__.M,\n    y: Tensor,\n    n: int=1) -> Tensor:\n"
              "    return torch.add(y, n)\n")
    return {
        "too_few_arguments": forward("return (self).helper()", more=helper),
        "too_many_arguments": forward("return (self).helper(x, 1, 2)", more=helper),
        "unknown_keyword": forward("return (self).helper(x, m=1)", more=helper),
        "keyword_twice": forward("return (self).helper(x, n=1, n=2)", more=helper),
        "keyword_and_position": forward("return (self).helper(x, 1, n=2)", more=helper),
        "keyword_before_position": forward("return (self).helper(n=2, x)", more=helper),
        "call_of_a_value": forward("return (x)(x)"),
        "nothing_returned": forward("a = x"),
        "inputs_by_the_thousand": forward(
            "return x", parameters=",\n    ".join(["x: Tensor"] + [
                f"x{i}: Tensor" for i in range(2000)])),
        "outputs_by_the_thousand": forward("return (" + ", ".join(["x"] * 5000) + ")"),
    }


def values():
    return {
        "unpacked_to_too_many": forward("a, b, c = (x, x)", "return a"),
        "unpacked_to_too_few": forward("a, b = (x, x, x)", "return a"),
        "unpacked_number": forward("a, b = 1", "return x"),
        "index_outside": forward("a = (x, x)", "return a[2]"),
        "index_before_the_start": forward("a = [x, x]", "return a[-3]"),
        "index_of_a_word": forward('a = [x, x]', 'return a["0"]'),
        "key_missing": forward('a = {"k": x}', 'return a["l"]'),
        "list_of_unlike_things": forward("a = [x, 1]", "return torch.cat(a, 0)"),
        "division_by_zero": forward("return torch.add(x, torch.floordiv(1, 0))"),
        "remainder_by_zero": forward("return torch.add(x, torch.remainder(1, 0))"),
        "list_holds_itself": forward("a = [x]", "b = torch.append(a, a)",
                                     "return torch.cat(a, 0)"),
        "text_as_a_tensor": forward('return torch.add("x", x)'),
        "text_that_doubles": forward('a = "abcdefgh"', *["a = torch.add(a, a)"] * 26,
                                     "return torch.add(x, torch.len(a))"),
        "text_of_a_terabyte": forward('a = torch.mul("abc", 1099511627776)',
                                      "return torch.add(x, torch.len(a))"),
        "list_of_a_terabyte": forward("a = torch.mul([x], 1099511627776)",
                                      "return torch.cat(a, 0)"),
        "lists_that_double": forward("a = [1]", *["a = torch.add(a, a)"] * 26,
                                     "return torch.add(x, torch.len(a))"),
        "tuples_that_double": forward("a = (x, x)", *["a = (a, a)"] * 26, "return a"),
        "tuples_that_are_compared": forward("a = (1, 1)", *["a = (a, a)"] * 26,
                                            "b = torch.eq(a, a)", "return torch.add(x, 1)"),
    }


def recursion():
    method = "  def {0}(self: __torch__.M,\n    y: Tensor) -> Tensor:\n    return (self).{1}(y)\n"
    parts = "".join(f"class P{i}(NamedTuple):\n  a : __torch__.P{i + 1}\n  b : __torch__.P{i + 1}\n"
                    for i in range(26)) + "class P26(NamedTuple):\n  a : Tensor\n"
    return {
        "method_of_itself": forward("return (self).f(x)", more=method.format("f", "f")),
        "methods_of_each_other": forward("return (self).f(x)", more=method.format("f", "g") +
                                         method.format("g", "f")),
        "forward_of_itself": forward("return (self).forward(x)"),
        "default_of_itself": forward("return __torch__.f(x)") +
                             "def f(x: Tensor,\n    y: Tensor=__torch__.f(1)) -> Tensor:\n"
                             "  return y\n",
        "value_of_itself": CODE.replace("weight : Tensor", "v : int = self.v\n  weight : Tensor")
                               .replace("x, weight)", "x, self.v)"),
        "field_of_itself": "class P(NamedTuple):\n  a : __torch__.P\n" + forward(
            "return x", parameters="x: __torch__.P"),
        "fields_that_double": forward("return 1", parameters="x: __torch__.P0", result="int") +
                              parts,
        "calls_that_double": forward("return (self).f0(x)", more="".join(
            f"  def f{i}(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
            f"    a = (self).f{i + 1}(x)\n    return (self).f{i + 1}(a)\n" for i in range(26)) +
            "  def f26(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    return x\n"),
    }
