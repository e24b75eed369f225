"""What random programs are made of: templates of expressions, with holes for operands.

A hole in braces stands for an operand that the generator picks:

    T  any tensor        F  a floating one      I  an integer one     B  a boolean one
    T1 the first tensor again
    U  a tensor that broadcasts with the first  V  one of the first's shape
    A  a tensor or a number                     N  a number           Z  an int of the program or a literal
    D  a dimension of the first tensor          R  one more than it has
    Y  a dtype           K  0 to 3              L  a list of tensors that have the first's shape
    P  a permutation of the first's dimensions

The letter before a template says how exact its result is:

    =  as exact as its operands
    /  rounded once, so the same bits everywhere, but no multiple of a quarter

    ~  of no certain bits: compared within a tolerance
    #  it jumps (a comparison, a rounding): operands must be certain, and its result is

A result of no certain bits never reaches an operator that jumps: a difference is then a fault of
somebody, not the luck of a last bit.
"""

ELEMENTWISE = """
= {T} + {A}
= {T} - {A}
= {T} * {A}
= {N} - {T}
= {N} * {T}
= torch.add({T}, {U}, alpha={N})
= torch.sub({T}, {A}, alpha={N})
= torch.rsub({T}, {A})
/ {T} / {A}
/ {N} / {T}
/ {T} / {U}
# torch.div({T}, {A}, rounding_mode="floor")
# torch.div({T}, {A}, rounding_mode="trunc")
# torch.floor_divide({T}, {A})
# {T} // {A}
# {T} % {A}
# torch.remainder({T}, {U})
# torch.remainder({N}, {T})
# torch.fmod({T}, {A})
~ torch.pow({T}, {A})
~ torch.pow({N}, {T})
= {T} ** 2
~ torch.float_power({T}, {A})
= -{T}
= {T}.abs()
= {T}.neg()
= {T}.square()
# {T}.sign()
# {T}.sgn()
# {T}.floor()
# {T}.ceil()
# {T}.round()
# {T}.trunc()
# {T}.frac()
~ {T}.exp()
~ {T}.expm1()
~ {T}.log()
~ {T}.log1p()
~ {T}.log2()
/ {T}.sqrt()
~ {T}.rsqrt()
~ {T}.reciprocal()
~ {T}.sin()
~ {T}.cos()
~ {T}.tanh()
~ {T}.sigmoid()
~ {T}.erf()
~ {T}.atan()
~ torch.atan2({T}, {U})
~ torch.logaddexp({F}, {V})
~ torch.xlogy({T}, {A})
= torch.relu({T})
~ torch.nn.functional.gelu({F})
~ torch.nn.functional.gelu({F}, approximate="tanh")
~ torch.nn.functional.silu({F})
~ torch.nn.functional.softplus({F})
~ torch.nn.functional.elu({F})
= torch.nn.functional.leaky_relu({F}, 0.25)
= torch.nn.functional.hardtanh({T})
= torch.nn.functional.relu6({T})
= torch.clamp({T}, min={N})
= torch.clamp({T}, max={N})
= torch.clamp({T}, {N}, {N})
= torch.clamp({T}, min={U})
= torch.clamp({T}, {U}, {U})
= torch.clamp_min({T}, {N})
= torch.clamp_max({T}, {U})
= torch.maximum({T}, {U})
= torch.minimum({T}, {U})
= torch.max({T}, {U})
= torch.fmax({T}, {U})
= torch.where({B}, {T}, {U})
= torch.where({B}, {T}, {N})
= torch.where({B}, {N}, {T})
= torch.where({B}, {N}, {N})
= {T}.masked_fill({B}, {N})
= {T}.masked_fill({B}, {U})
= torch.nan_to_num({T})
~ torch.lerp({F}, {V}, {N})
~ torch.lerp({F}, {V}, {V})
~ torch.addcmul({T}, {U}, {U}, value={N})
~ torch.addcdiv({F}, {U}, {U}, value={N})
~ torch.hypot({F}, {U})
= torch.copysign({T}, {A})
~ torch.nn.functional.dropout({F}, 0.5, False)
"""

COMPARISONS = """
# {T} == {A}
# {T} != {A}
# {T} < {A}
# {T} <= {A}
# {T} > {A}
# {T} >= {A}
# torch.eq({T}, {U})
# torch.gt({T}, {U})
# torch.logical_and({T}, {U})
# torch.logical_or({T}, {U})
# torch.logical_xor({T}, {U})
# torch.logical_not({T})
# torch.isnan({T})
# torch.isfinite({T})
# torch.isinf({T})
# torch.isin({T}, {U})
# torch.isclose({T}, {V})
# {T} & {A}
# {T} | {A}
# {T} ^ {A}
# ~{T}
# torch.bitwise_and({I}, {U})
# torch.bitwise_or({I}, {N})
# torch.bitwise_not({I})
# {I} << {K}
# {I} >> {K}
# torch.bitwise_left_shift({I}, {K})
# torch.signbit({T})
"""

CASTS = """
# {T}.to({Y})
# {T}.to({Y})
# {T}.to({Y})
# {T}.to({U})
# {T}.type_as({U})
# {T}.long()
# {T}.int()
= {T}.float()
= {T}.double()
= {T}.half()
= {T}.to(torch.bfloat16)
# {T}.to(torch.bool)
# {T}.to(torch.uint8)
# {T}.to({Y}, copy=True)
= {T}.clone()
= {T}.detach()
= {T}.contiguous()
"""

VIEWS = """
= {T}.view([{T1}.size(0), -1])
= {T}.view([-1, {T1}.size(-1)])
= {T}.view([-1])
= {T}.view(-1, 1)
= {T}.view([{T1}.size(0), {T1}.size(1), 2, -1])
= {T}.reshape([-1])
= {T}.reshape([{T1}.size(0), -1])
= {T}.flatten()
= {T}.flatten(1)
= {T}.flatten(0, 1)
= {T}.view_as({V})
= {T}.permute([{P}])
= {T}.permute([{P}])
= {T}.transpose({D}, {D})
= {T}.transpose(0, 1)
= {T}.transpose(-1, -2)
= {T}.t()
= {T}.mT
= {T}.squeeze()
= {T}.squeeze({D})
= {T}.unsqueeze({R})
= {T}.unsqueeze({R})
= {T}.select({D}, {K})
= {T}.select({D}, -1)
= {T}.narrow({D}, {K}, 1)
= {T}[0]
= {T}[:, 0]
= {T}[..., -1]
= {T}[:, 1:]
= {T}[..., :-1]
= {T}[:, ::2]
= {T}[:, None]
= {T}[None]
= {T}[:, :, None]
= {T}[1:, 0]
= {T}[:, {Z}:]
= {T}[:{Z}]
= {T}.expand_as({U})
= {T}.unsqueeze(0).expand([{Z}] + {T1}.shape)
= {T}.unsqueeze(-1).expand([-1, -1, 2])
= {T}.unsqueeze(1).expand([-1, 3, -1])
= {T}.expand([{Z}, -1, -1])
= {T}.chunk(2, {D})[0]
= {T}.chunk(2, {D})[1]
= {T}.split(2, {D})[0]
= {T}.split(1, {D})[-1]
= {T}.unbind({D})[0]
= {T}.movedim(0, -1)
= {T}.diagonal()
= {T}.unfold({D}, 2, 1)
= torch.broadcast_tensors({T}, {U})[0]
"""

MOVES = """
= torch.cat([{L}], {D})
= torch.cat([{L}], 0)
= torch.cat([{T}, {U}], -1)
= torch.cat([{T}, {U}], 0)
= torch.stack([{L}], {R})
= torch.stack([{T}, {V}])
= torch.hstack([{L}])
= torch.vstack([{L}])
= {T}.repeat([2] + [1] * {T1}.dim())
= {T}.repeat([{Z}, 1, 1])
= {T}.repeat_interleave(2, {D})
= {T}.roll(1, {D})
= {T}.flip([{D}])
= {T}.tril()
= {T}.triu(1)
= torch.nn.functional.pad({T}, [1, 0])
= torch.nn.functional.pad({T}, [0, 1], value={K})
= torch.nn.functional.one_hot({I})
= {T}[{B}]
= {T}.masked_select({B})
= {T}[{I}]
= {T}[:, {I}]
= {T}.index_select({D}, {I})
= {T}.gather({D}, {I})
= torch.take({T}, {I})
= torch.take_along_dim({T}, {I}, {D})
= {T}.scatter({D}, {I}, {N})
= {T}.scatter({D}, {I}, {U})
= {T}.scatter_add({D}, {I}, {V})
= {T}.index_fill({D}, {I}, {N})
= {T}.index_put([{I}], {U})
= {T}.masked_scatter({B}, {U})
# {T}.nonzero()
= {T}.sort({D})[0]
= {T}.sort({D}, descending=True)[0]
# {T}.sort(stable=True, dim={D})[1]
# {T}.argsort({D}, stable=True)
= {T}.topk(1, {D})[0]
= {T}.topk(2, {D}, largest=False)[0]
= torch.meshgrid([{T}, {T}], indexing="ij")[0]
= torch.outer({T}, {T})
"""

REDUCTIONS = """
+ {T}.sum()
+ {T}.sum({D})
+ {T}.sum({D}, keepdim=True)
+ {T}.sum([{D}, {D}])
+ {T}.sum({D}, dtype={Y})
+ {T}.sum(dtype={Y})
~ {T}.mean()
~ {T}.mean({D})
~ {T}.mean({D}, keepdim=True)
~ {T}.mean({D}, dtype={Y})
~ {T}.mean(dtype={Y})
~ {T}.prod()
~ {T}.prod({D})
~ {T}.prod({D}, dtype={Y})
= {T}.max()
= {T}.min()
= {T}.max({D})[0]
= {T}.min({D}, keepdim=True)[0]
# {T}.max({D})[1]
# {T}.argmax({D})
# {T}.argmin({D}, keepdim=True)
# {T}.argmax()
= {T}.amax({D})
= {T}.amin([{D}], keepdim=True)
= torch.aminmax({T})[1]
~ {T}.std({D})
~ {T}.var()
~ torch.var({T}, {D}, unbiased=False)
~ {T}.norm()
~ {F}.norm(2, {D})
~ torch.linalg.vector_norm({F}, 2.0, {D})
~ torch.logsumexp({F}, {D})
# {T}.all()
# {T}.any()
# {T}.all({D})
# {T}.any({D}, keepdim=True)
# torch.count_nonzero({T})
# torch.count_nonzero({T}, {D})
= {T}.median()
= {T}.kthvalue(1, {D})[0]
+ {T}.cumsum({D})
+ {T}.cumsum({D}, dtype={Y})
~ {T}.cumprod({D})
= {T}.cummax({D})[0]
+ torch.nansum({T}, {D})
# torch.bincount({I})
"""

PRODUCTS = """
~ torch.matmul({T}, {U})
~ {F} @ self.square
~ {F} @ {F}.transpose(-1, -2)
~ torch.bmm({T}, {T1}.transpose(1, 2))
~ torch.nn.functional.linear({F}, self.weight, self.bias)
~ torch.nn.functional.linear({F}, self.weight)
~ torch.addmm(self.bias, {F}, self.square)
~ torch.softmax({F}, {D})
~ torch.softmax({T}, {D}, dtype=torch.float)
~ torch.log_softmax({F}, {D})
~ torch.nn.functional.softmax({F}, -1)
~ torch.nn.functional.layer_norm({F}, [4], self.gain, self.bias)
~ torch.nn.functional.layer_norm({F}, [4])
~ torch.nn.functional.normalize({F}, 2.0, -1)
= torch.nn.functional.embedding({I}, self.table)
= torch.nn.functional.embedding({I}, self.table) * {F}
~ torch.einsum("...i,ij->...j", {F}, self.square)
~ torch.cosine_similarity({F}, {V}, -1)
"""

ATTRIBUTES = """
= {T} + self.gain
= {T} * self.c_half
= {T} + self.c_float
/ {T} / self.c_double
= {T} - self.c_double
= self.c_double * {T}
= {T} * self.c_int
= self.c_int - {T}
# {T} > self.c_double
= torch.where({B}, {T}, self.c_float)
= torch.max({T}, self.c_float)
= {T} + self.c_vector
= {T} * self.b_scalar
= {T} + self.b_int
= torch.minimum({T}, self.b_int)
"""

CREATION = """
= torch.arange({Z})
= torch.arange({Z}, dtype={Y})
= torch.arange(0, {Z}, 2)
= torch.arange({N}, {Z})
= torch.arange(0.0, {Z}, 0.5)
= torch.arange({Z}, device={T}.device)
= torch.zeros([{Z}])
= torch.zeros([{Z}, {Z}], dtype={Y})
= torch.zeros({T}.shape)
= torch.ones({T}.size(0), 1, dtype={Y})
= torch.ones([{Z}, 4])
= torch.full([{Z}], {N})
= torch.full([{Z}, 1], {N}, dtype={Y})
= torch.zeros_like({T})
= torch.zeros_like({T}, dtype={Y})
= torch.ones_like({T})
= torch.ones_like({T}, dtype={Y})
= torch.full_like({T}, {N})
= torch.full_like({T}, {N}, dtype={Y})
= {T}.new_zeros([{Z}])
= {T}.new_ones([{Z}, 1], dtype={Y})
= {T}.new_full([{Z}], {N})
= torch.tensor({N})
= torch.tensor({N}, dtype={Y})
= torch.eye({Z})
~ torch.linspace(0.0, 1.0, {Z})
= torch.arange({T}.size({D})).unsqueeze(0).expand_as({T1})
= torch.scalar_tensor({N})
"""

NUMBERS = """
= {T}.size({D})
= {T}.size({D})
= {T}.shape[{D}]
= {T}.dim()
= {T}.numel()
= {Z} + {Z}
= {Z} * 2
= {Z} - 1
= {Z} // 2
= {Z} % 3
= {Z} / 2
= -{Z}
= {Z} ** 2
= {Z} * 0.5
# {Z} > {K}
"""

# Of these a trace keeps only what they gave: programs that are scripted alone.
NUMBERS_OF_VALUES = """
= len({T})
= float({Z})
= min({Z}, {Z})
= max({Z}, {K})
= abs({Z})
# int({I}.sum())
# int({T}.max())
# float({T}.sum())
# float({T}.max())
# bool({T}.any())
# {I}.sum().item()
# {F}.max().item()
# bool(torch.tensor({N}))
# int({N})
= torch.tensor([{N}, {N}])
= torch.tensor([{Z}, {Z}])
"""

# Statements without a result.
WRITES = """
= {T}.add_({A})
= {T}.add_({U}, alpha={K})
= {T}.sub_({A})
= {T}.mul_({A})
/ {T}.div_({A})
= {T}.neg_()
= {T}.copy_({U})
= {T}.fill_({N})
= {T}.zero_()
= {T}.masked_fill_({B}, {N})
= {T}.clamp_({N}, {N})
= {T}.clamp_(min={N})
= {T}.relu_()
# {T}.floor_()
# {T}.bitwise_not_()
# {T}.logical_not_()
# {T}.logical_and_({U})
# {T}.eq_({A})
~ {T}.exp_()
~ {T}.tanh_()
~ {T}.sigmoid_()
~ {T}.pow_({K})
# {T}.remainder_({A})
# {T}.floor_divide_({A})
= {T}.index_put_([{I}], {U})
= {T}.index_put_([{B}], {U})
= {T}.index_fill_({D}, {I}, {N})
= {T}.index_copy_({D}, {I}, {U})
= {T}.index_add_({D}, {I}, {U})
= {T}.scatter_({D}, {I}, {N})
= {T}.scatter_add_({D}, {I}, {V})
= {T}.masked_scatter_({B}, {U})
= {T}[0] = {N}
= {T}[:, 0] = {A}
= {T}[..., 1:] = {A}
= {T}[{B}] = {N}
= {T}[{I}] = {A}
= {T} += {A}
= {T} -= {A}
= {T} *= {A}
/ {T} /= {A}
+ {T}.cumsum_({D})
= {T}.unsqueeze_({R})
= {T}.squeeze_()
= {T}.transpose_({D}, {D})
= {T}.tril_()
= {T}.fill_diagonal_({K})
"""


def parse(text):
    """Pairs of the letter and the template."""
    return [(line[0], line[2:]) for line in text.strip().splitlines()]


# Groups by how often one is taken.
GROUPS = [(16, parse(ELEMENTWISE)), (7, parse(COMPARISONS)), (7, parse(CASTS)),
          (16, parse(VIEWS)), (9, parse(MOVES)), (10, parse(REDUCTIONS)), (5, parse(PRODUCTS)),
          (5, parse(ATTRIBUTES)), (6, parse(CREATION)), (8, parse(NUMBERS)),
          (3, parse(NUMBERS_OF_VALUES)), (12, parse(WRITES))]
OF_VALUES = {template for _, template in parse(NUMBERS_OF_VALUES)}
STATEMENTS = {template for _, template in parse(WRITES)}
