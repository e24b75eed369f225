#include "tests/runtime/random_graph.h"

#include <algorithm>
#include <random>

#include "henson/error.h"
#include "loader/limits.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/overloads.h"
#include "runtime/tensor/elements.h"
#include "tests/runtime/fuse_support.h"

namespace henson::runtime::test {
namespace {

using Int = std::int64_t;

/// What stands in a template: T a tensor, F a floating one, M a boolean one, I an integral one,
/// N a number, K a small int, D a dimension of the first tensor, P one more than D, B a bool,
/// Y a dtype, V sizes of a view of the first tensor, E sizes that it expands to, O an order of its
/// dimensions, C two tensors of one shape, Z an int that was computed, R new sizes.
struct Template {
  const char* name;
  const char* arguments;
  const char* tail = "";  // after the arguments, as it is written
};

constexpr Template kTemplates[] = {{"add", "TT"},
                                   {"add", "TN"},
                                   {"add", "TT", "alpha=2"},
                                   {"sub", "TT"},
                                   {"sub", "TN"},
                                   {"mul", "TT"},
                                   {"mul", "TN"},
                                   {"div", "TT"},
                                   {"div", "TN"},
                                   {"div", "TT", "rounding_mode=\"floor\""},
                                   {"div", "TN", "rounding_mode=\"trunc\""},
                                   {"rsub", "TN"},
                                   {"rsub", "TT"},
                                   {"maximum", "TT"},
                                   {"minimum", "TT"},
                                   {"pow", "TK"},
                                   {"pow", "TT"},
                                   {"remainder", "TN"},
                                   {"remainder", "TT"},
                                   {"floor_divide", "TN"},
                                   {"fmod", "TN"},
                                   {"atan2", "TT"},
                                   {"logaddexp", "FF"},
                                   {"lerp", "FFN"},
                                   {"addcmul", "TTT"},
                                   {"eq", "TT"},
                                   {"ne", "TN"},
                                   {"lt", "TT"},
                                   {"le", "TN"},
                                   {"gt", "TT"},
                                   {"ge", "TN"},
                                   {"logical_and", "TT"},
                                   {"logical_or", "TT"},
                                   {"logical_not", "T"},
                                   {"bitwise_and", "TT"},
                                   {"bitwise_or", "TT"},
                                   {"bitwise_xor", "TT"},
                                   {"bitwise_not", "T"},
                                   {"__and__", "TT"},
                                   {"__or__", "TT"},
                                   {"where", "MTT"},
                                   {"where", "MTN"},
                                   {"masked_fill", "TMN"},
                                   {"clamp", "TNN"},
                                   {"clamp_min", "TN"},
                                   {"clamp_max", "TN"},
                                   {"neg", "T"},
                                   {"abs", "T"},
                                   {"sign", "T"},
                                   {"exp", "T"},
                                   {"log1p", "T"},
                                   {"sqrt", "T"},
                                   {"rsqrt", "T"},
                                   {"square", "T"},
                                   {"tanh", "T"},
                                   {"sigmoid", "T"},
                                   {"sin", "T"},
                                   {"erf", "T"},
                                   {"relu", "T"},
                                   {"gelu", "F"},
                                   {"silu", "F"},
                                   {"floor", "T"},
                                   {"round", "T"},
                                   {"reciprocal", "T"},
                                   {"isnan", "T"},
                                   {"softmax", "FD"},
                                   {"log_softmax", "FD"},
                                   {"softmax", "TD", "dtype=6"},
                                   {"sum", "T"},
                                   {"sum", "T[D]B"},
                                   {"sum", "T", "dtype=7"},
                                   {"mean", "F"},
                                   {"mean", "F[D]B"},
                                   {"mean", "T[D]B", "dtype=6"},
                                   {"var", "F[D]BB"},
                                   {"std", "FB"},
                                   {"amax", "T[D]B"},
                                   {"amin", "T[D]B"},
                                   {"prod", "T"},
                                   {"any", "T"},
                                   {"all", "TDB"},
                                   {"max", "T"},
                                   {"min", "T"},
                                   {"argmax", "TDB"},
                                   {"cumsum", "TD"},
                                   {"cumsum", "TD", "dtype=3"},
                                   {"norm", "F"},
                                   {"to", "TY"},
                                   {"type_as", "TT"},
                                   {"float", "T"},
                                   {"long", "T"},
                                   {"half", "T"},
                                   {"bool", "T"},
                                   {"view", "TV"},
                                   {"reshape", "TV"},
                                   {"permute", "TO"},
                                   {"transpose", "TDD"},
                                   {"t", "T"},
                                   {"unsqueeze", "TP"},
                                   {"squeeze", "TD"},
                                   {"squeeze", "T"},
                                   {"flatten", "T"},
                                   {"expand", "TE"},
                                   {"expand_as", "TT"},
                                   {"slice", "TDKK"},
                                   {"slice", "TDKK", "2"},
                                   {"select", "TDK"},
                                   {"narrow", "TDKK"},
                                   {"cat", "CD"},
                                   {"stack", "CD"},
                                   {"matmul", "FF"},
                                   {"bmm", "FF"},
                                   {"linear", "FF"},
                                   {"layer_norm", "F[4]"},
                                   {"embedding", "FI"},
                                   {"index_select", "TDI"},
                                   {"gather", "TDI"},
                                   {"zeros_like", "T"},
                                   {"ones_like", "T", "dtype=4"},
                                   {"full_like", "TN"},
                                   {"zeros", "R"},
                                   {"ones", "R", "dtype=6"},
                                   {"full", "RN"},
                                   {"arange", "K"},
                                   {"arange", "K", "dtype=6"},
                                   {"arange", "Z"},
                                   {"new_ones", "TR"},
                                   {"add_", "TT"},
                                   {"add_", "TN"},
                                   {"mul_", "TT"},
                                   {"mul_", "TN"},
                                   {"copy_", "TT"},
                                   {"masked_fill_", "TMN"},
                                   {"clamp_", "TNN"},
                                   {"relu_", "T"},
                                   {"sub_", "TN"},
                                   {"fill_", "TN"},
                                   {"zero_", "T"},
                                   {"clone", "T"},
                                   {"contiguous", "T"},
                                   {"detach", "T"},
                                   {"dropout", "TNB"},
                                   {"size", "TD"},
                                   {"size", "TD"},
                                   {"add", "ZK"},
                                   {"mul", "ZZ"},
                                   {"floordiv", "ZK"},
                                   {"mul", "TZ"},
                                   {"add", "TZ"},
                                   {"triu", "T"},
                                   {"flip", "T[D]"},
                                   {"repeat", "TR"},
                                   {"ones_like", "T"}};

struct Variable {
  std::string name;
  Value value;
};

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  RandomProgram make() {
    RandomProgram program;
    std::string parameters;
    for (std::size_t i = 0; i < 3; ++i) {
      const DType dtype = kInputTypes[i][pick(3)];
      Dims sizes = {2, 3, 4};
      if (i > 0 && pick(2) == 0) sizes = {2, 3};
      if (i == 2 && pick(3) == 0) sizes = {};
      program.inputs.push_back(random_value(dtype, sizes));
      if (!sizes.empty()) sizes[0] = 5;
      program.others.push_back(random_value(dtype, sizes));
      parameters += (i > 0 ? ", x" : "x") + std::to_string(i) + ": Tensor";
      variables_.push_back({"x" + std::to_string(i), copy_of(program.inputs.back())});
    }
    variables_.push_back({"self.weight", weight({4, 4}, 1)});
    variables_.push_back({"self.bias", weight({4}, 2)});
    const std::size_t wanted = 3 + pick(12);
    for (int tries = 0; lines_.size() < wanted && tries < 400; ++tries) try_line();
    program.code = method(parameters, lines(lines_));
    program.baked = method(parameters, lines(baked_));
    return program;
  }

  static Value weight(Dims sizes, unsigned seed) { return random_tensor(std::move(sizes), seed); }

 private:
  static constexpr DType kInputTypes[3][3] = {{DType::kFloat32, DType::kFloat16, DType::kFloat64},
                                              {DType::kInt64, DType::kInt32, DType::kUInt8},
                                              {DType::kBool, DType::kBFloat16, DType::kInt64}};

  std::size_t pick(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }

  static Value copy_of(const Value& value) { return value.as<Tensor>().clone(system_memory()); }

  Value random_value(DType dtype, const Dims& sizes) {
    const Tensor floats = random_tensor(sizes, static_cast<unsigned>(random_()), 2);
    const bool whole = !is_floating(dtype);
    Tensor made = floats.clone(system_memory());
    for (Int i = 0; i < made.numel(); ++i) {  // indices of four rows, and no overflows
      if (whole)
        made.mutable_data<float>()[i] = static_cast<float>(pick(dtype == DType::kBool ? 2 : 4));
    }
    return made.to(system_memory(), dtype);
  }

  std::vector<std::string> lines(std::vector<std::string> all) const {
    std::string results;  // the last ones: what nothing reads would go away
    std::size_t count = 0;
    for (auto v = variables_.rbegin(); v != variables_.rend() && count < 4; ++v) {
      if (!v->value.is<Tensor>() || v->name.starts_with("self")) continue;
      results += (count++ > 0 ? ", " : "") + v->name;
    }
    all.push_back("return (" + results + ",)");
    return all;
  }

  /// An argument as it is written, with the names of sizes and with their numbers, and its value.
  struct Argument {
    std::string text;
    std::string baked;
    Value value;
    Type type;
  };

  Argument of(const Variable& variable) const {
    const bool size = variable.value.is<Int>();
    return {variable.name, size ? std::to_string(variable.value.as<Int>()) : variable.name,
            variable.value, type_of(variable.value)};
  }

  template <typename Fits>
  std::optional<Argument> variable(const Fits& fits) {
    std::vector<const Variable*> found;
    for (const Variable& v : variables_) {
      if (fits(v.value)) found.push_back(&v);
    }
    if (found.empty()) return std::nullopt;
    // Late ones more often: chains rather than stars.
    const std::size_t at = std::max(pick(found.size()), pick(found.size()));
    return of(*found[at]);
  }

  std::optional<Argument> tensor(bool (*fits)(DType)) {
    return variable(
        [&](const Value& value) { return value.is<Tensor>() && fits(value.as<Tensor>().dtype()); });
  }

  static Argument literal(const std::string& text, Value value, TypeKind kind) {
    return {text, text, std::move(value), {kind, {}}};
  }
  static Argument number(Int value) {
    return literal(std::to_string(value), value, TypeKind::kInt);
  }

  Argument any_number() {
    switch (pick(4)) {
      case 0:
        return number(static_cast<Int>(pick(5)) - 1);
      case 1:
        return literal("True", true, TypeKind::kBool);
      case 2:
        return number(2);
      default:
        return literal("0.5", 0.5, TypeKind::kFloat);
    }
  }

  /// Numbers that a size has are read from it, every other time.
  Argument list(const Dims& sizes) {
    std::string text;
    std::string baked;
    for (const Int size : sizes) {
      std::string name = std::to_string(size);
      baked += (baked.empty() ? "" : ", ") + name;
      const auto same =
          variable([&](const Value& value) { return value.is<Int>() && value.as<Int>() == size; });
      if (same && pick(2) == 0) name = same->text;
      text += (text.empty() ? "" : ", ") + name;
    }
    return {"[" + text + "]", "[" + baked + "]", Value::list_of(sizes),
            Type::list({TypeKind::kInt, {}})};
  }

  Dims viewed(const Tensor& tensor) {
    Dims sizes = tensor.sizes();
    if (sizes.size() > 1 && pick(2) == 0) {
      const Int last = sizes.back();
      sizes.pop_back();
      sizes.back() *= last;
    } else if (!sizes.empty() && sizes.back() % 2 == 0) {
      sizes.back() /= 2;
      sizes.push_back(2);
    } else {
      sizes.insert(sizes.begin(), 1);
    }
    if (pick(3) == 0 && tensor.numel() > 0) sizes[pick(sizes.size())] = -1;
    return sizes;
  }

  Dims order(std::size_t rank) {
    Dims dims(rank);
    for (std::size_t d = 0; d < rank; ++d) dims[d] = static_cast<Int>(d);
    std::shuffle(dims.begin(), dims.end(), random_);
    return dims;
  }

  Dims expanded(const Tensor& tensor) {
    Dims sizes = tensor.sizes();
    for (Int& size : sizes) {
      if (size == 1) size = 3;
    }
    if (pick(2) == 0) sizes.insert(sizes.begin(), 2);
    return sizes;
  }

  /// Two tensors of one shape in a list.
  std::optional<Argument> pair(const std::optional<Argument>& first) {
    const auto other = variable([&](const Value& value) {
      return value.is<Tensor>() && first &&
             value.as<Tensor>().sizes() == first->value.as<Tensor>().sizes();
    });
    if (!other) return std::nullopt;
    const std::string text = "[" + first->text + ", " + other->text + "]";
    return Argument{text, text, Value::list({first->value, other->value}),
                    Type::list({TypeKind::kTensor, {}})};
  }

  std::optional<Argument> argument(char kind, const Tensor* first) {
    const std::size_t rank = first != nullptr ? first->sizes().size() : 1;
    const auto dim = [&](std::size_t count) {
      const auto at = static_cast<Int>(pick(count == 0 ? 1 : count));
      return number(pick(2) == 0 ? at : at - static_cast<Int>(count == 0 ? 1 : count));
    };
    switch (kind) {
      case 'T':
        return tensor([](DType) { return true; });
      case 'F':
        return tensor([](DType dtype) { return is_floating(dtype); });
      case 'M':
        return tensor([](DType dtype) { return dtype == DType::kBool; });
      case 'I':
        return tensor([](DType dtype) { return dtype == DType::kInt64 || dtype == DType::kInt32; });
      case 'N':
        return any_number();
      case 'K':
        return number(static_cast<Int>(pick(4)));
      case 'D':
        return dim(rank);
      case 'P':
        return dim(rank + 1);
      case 'B':
        return pick(2) == 0 ? literal("True", true, TypeKind::kBool)
                            : literal("False", false, TypeKind::kBool);
      case 'Y': {
        constexpr Int kTypes[] = {0, 3, 4, 5, 6, 7, 11, 15};
        return number(kTypes[pick(std::size(kTypes))]);
      }
      case 'V':
        return first == nullptr ? std::nullopt : std::optional(list(viewed(*first)));
      case 'E':
        return first == nullptr ? std::nullopt : std::optional(list(expanded(*first)));
      case 'O':
        return list(order(rank));
      case 'C':
        return pair(tensor([](DType) { return true; }));
      case 'Z':
        return variable([](const Value& value) { return value.is<Int>(); });
      default: {
        Dims sizes = {static_cast<Int>(pick(3)) + 1, static_cast<Int>(pick(4))};
        return list(sizes);
      }
    }
  }

  /// The arguments of a template; nothing where a variable of a kind is lacking.
  std::optional<std::vector<Argument>> arguments_of(const Template& of) {
    std::vector<Argument> arguments;
    arguments.reserve(8);  // `first` points into it
    const Tensor* first = nullptr;
    bool listed = false;
    for (const char* at = of.arguments; *at != 0; ++at) {
      if (*at == '[' || *at == ']') {
        listed = *at == '[';
        continue;
      }
      std::optional<Argument> made = *at == '4' ? number(4) : argument(*at, first);
      if (!made) return std::nullopt;
      if (listed) made = list({made->value.as<Int>()});
      arguments.push_back(std::move(*made));
      if (arguments.size() == 1) first = first_tensor(arguments[0].value);
    }
    return arguments;
  }

  static const Tensor* first_tensor(const Value& value) {
    if (const auto* tensor = std::get_if<Tensor>(&value)) return tensor;
    const auto* list = std::get_if<std::shared_ptr<ListValue>>(&value);
    return list == nullptr || (*list)->items.empty() ? nullptr
                                                     : std::get_if<Tensor>(&(*list)->items[0]);
  }

  /// What the tail says: one argument by name, or one more by place.
  static std::optional<std::pair<std::string, Argument>> tail_of(const std::string& tail) {
    if (tail.empty()) return std::nullopt;
    const std::size_t equals = tail.find('=');
    const std::string name = equals == std::string::npos ? "" : tail.substr(0, equals);
    const std::string text = equals == std::string::npos ? tail : tail.substr(equals + 1);
    if (text[0] == '"') {
      return std::pair{name, literal(text, text.substr(1, text.size() - 2), TypeKind::kString)};
    }
    return std::pair{name, number(std::stoll(text))};
  }

  void try_line() {
    const Template& of = kTemplates[pick(std::size(kTemplates))];
    std::optional<std::vector<Argument>> arguments = arguments_of(of);
    if (!arguments) return;
    CallTypes types;
    std::vector<Value> values;
    std::string text;
    std::string baked;
    for (const Argument& argument : *arguments) {
      types.positional.push_back(argument.type);
      values.push_back(argument.value);
      text += (text.empty() ? "" : ", ") + argument.text;
      baked += (baked.empty() ? "" : ", ") + argument.baked;
    }
    if (const auto tail = tail_of(of.tail)) {
      if (tail->first.empty()) {
        types.positional.push_back(tail->second.type);
      } else {
        types.keywords.emplace_back(tail->first, tail->second.type);
      }
      values.push_back(tail->second.value);
      text += ", " + std::string(of.tail);
      baked += ", " + std::string(of.tail);
    }
    run(std::string("aten::") + of.name, types, values, {text, baked});
  }

  void run(const std::string& name, const CallTypes& types, const std::vector<Value>& values,
           const std::pair<std::string, std::string>& texts) {
    const auto match = match_overload(name, types, limits::kMaxVersion);
    if (!match || match->op->schema.results.size() != 1) return;
    const Schema& schema = match->op->schema;
    std::vector<Value> given;
    for (std::size_t i = 0; i < schema.arguments.size(); ++i) {
      given.push_back(match->sources[i] ? values[*match->sources[i]]
                                        : *schema.arguments[i].default_value);
    }
    Value result;
    Call call(system_memory(), given, {&result, 1});
    try {
      match->op->kernel(call);
    } catch (const Error&) {
      return;  // PyTorch refuses it too
    }
    if (!is_small(result)) return;
    const std::string made = "v" + std::to_string(lines_.size());
    const std::string begin = made + " = torch." + name.substr(6) + "(";
    lines_.push_back(begin + texts.first + ")");
    baked_.push_back(begin + texts.second + ")");
    variables_.push_back({made, result});
  }

  static bool is_small(const Value& value) {
    if (value.is<Int>()) return std::abs(value.as<Int>()) < 100;
    if (!value.is<Tensor>()) return false;
    return value.as<Tensor>().numel() <= 4096 && value.as<Tensor>().dim() <= 6;
  }

  std::mt19937_64 random_;
  std::vector<Variable> variables_;
  std::vector<std::string> lines_;
  std::vector<std::string> baked_;
};

}  // namespace

RandomProgram random_program(std::uint64_t seed) { return Maker(seed).make(); }

loader::Archive program_archive(const std::string& code) {
  const auto weight = [](Dims sizes, unsigned seed) {
    return random_weight(std::move(sizes), seed);
  };
  return archive_of(code, {{"weight", weight({4, 4}, 1)}, {"bias", weight({4}, 2)}});
}

}  // namespace henson::runtime::test
