#include "runtime/operators/schema.h"

#include <cctype>
#include <charconv>
#include <limits>
#include <unordered_map>

#include "henson/error.h"

namespace henson::runtime {
namespace {

class SchemaParser {
 public:
  explicit SchemaParser(std::string_view text) : text_(text) {}

  Schema parse() {
    Schema schema;
    schema.name = word("name");
    if (accept('.')) schema.overload = word("overload");
    expect('(');
    bool keyword_only = false;
    while (!accept(')')) {
      if (accept('*')) {
        keyword_only = true;
      } else {
        schema.arguments.push_back(argument(keyword_only));
      }
      accept(',');
    }
    expect('-');
    expect('>');
    results(schema);
    if (at_ != text_.size()) fail("trailing text");
    return schema;
  }

 private:
  struct TypeAndAlias {
    Type type;
    Alias alias;
    bool int_as_list = false;
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInternal, "malformed signature (" + what + "): " + std::string(text_));
  }

  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) fail(std::string("no ") + c);
  }

  static bool in_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
  }

  std::string word(const char* what) {
    skip_space();
    const std::size_t start = at_;
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    if (at_ == start) fail(std::string("no ") + what);
    return std::string(text_.substr(start, at_ - start));
  }

  Type named_type() {
    static const std::unordered_map<std::string, TypeKind> kKinds = {
        {"Tensor", TypeKind::kTensor},    {"int", TypeKind::kInt},
        {"SymInt", TypeKind::kInt},       {"float", TypeKind::kFloat},
        {"bool", TypeKind::kBool},        {"Scalar", TypeKind::kNumber},
        {"str", TypeKind::kString},       {"Device", TypeKind::kDevice},
        {"ScalarType", TypeKind::kInt},   {"Layout", TypeKind::kInt},
        {"MemoryFormat", TypeKind::kInt}, {"Generator", TypeKind::kNone},
        {"Any", TypeKind::kAny},          {"PackedLinear", TypeKind::kPackedLinear},
        {"NoneType", TypeKind::kNone},    {"t", TypeKind::kAny},
    };
    const auto found = kKinds.find(word("type"));
    if (found == kKinds.end()) fail("unknown type");
    return {found->second, {}};
  }

  TypeAndAlias type() {
    TypeAndAlias parsed;
    if (accept('(')) {
      parsed.type.kind = TypeKind::kTuple;
      while (!accept(')')) {
        parsed.type.elements.push_back(type().type);
        accept(',');
      }
    } else {
      parsed.type = named_type();
    }
    for (;;) {
      if (accept('(')) {
        parsed.alias.set = word("alias set")[0];
        parsed.alias.write = accept('!');
        if (accept('-')) {  // (a -> *): what the elements of a list share
          expect('>');
          expect('*');
        }
        expect(')');
      } else if (accept('[')) {
        const bool numbered = !accept(']');
        if (numbered) {
          word("size");
          expect(']');
        }
        parsed.int_as_list = numbered && (parsed.type.kind == TypeKind::kInt);
        parsed.type = Type::list(std::move(parsed.type));
      } else if (accept('?')) {
        parsed.type = Type::optional(std::move(parsed.type));
      } else {
        return parsed;
      }
    }
  }

  Argument argument(bool keyword_only) {
    TypeAndAlias parsed = type();
    Argument argument;
    argument.type = std::move(parsed.type);
    argument.alias = parsed.alias;
    argument.int_as_list = parsed.int_as_list;
    argument.keyword_only = keyword_only;
    argument.name = word("argument name");
    if (accept('=')) argument.default_value = literal();
    return argument;
  }

  Value literal() {
    skip_space();
    if (accept('[')) {
      std::vector<Value> items;
      while (!accept(']')) {
        items.push_back(literal());
        accept(',');
      }
      return Value::list(std::move(items));
    }
    if (accept('"')) {
      const std::size_t end = text_.find('"', at_);
      if (end == std::string_view::npos) fail("unterminated string");
      std::string text(text_.substr(at_, end - at_));
      at_ = end + 1;
      return text;
    }
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (in_word(text_[at_]) || text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+')) {
      ++at_;
    }
    return number_or_name(text_.substr(start, at_ - start));
  }

  Value number_or_name(std::string_view text) const {
    if (text == "None") return None{};
    if (text == "True") return true;
    if (text == "False") return false;
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    std::int64_t integer = 0;
    const char* const end = text.data() + text.size();
    if (const auto parsed = std::from_chars(text.data(), end, integer);
        parsed.ec == std::errc{} && parsed.ptr == end) {
      return integer;
    }
    double number = 0;
    if (const auto parsed = std::from_chars(text.data(), end, number);
        parsed.ec == std::errc{} && parsed.ptr == end) {
      return number;
    }
    fail("default value " + std::string(text));
  }

  void results(Schema& schema) {
    const auto add = [&](TypeAndAlias parsed) {
      if (in_result_name()) word("result name");
      schema.results.push_back(std::move(parsed.type));
      schema.result_aliases.push_back(parsed.alias);
    };
    if (!accept('(')) {
      add(type());
      return;
    }
    while (!accept(')')) {
      add(type());
      accept(',');
    }
  }

  bool in_result_name() {
    skip_space();
    return at_ < text_.size() && in_word(text_[at_]);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string to_string(const Type& type) {
  switch (type.kind) {
    case TypeKind::kAny:
      return "Any";
    case TypeKind::kTensor:
      return "Tensor";
    case TypeKind::kInt:
      return "int";
    case TypeKind::kFloat:
      return "float";
    case TypeKind::kBool:
      return "bool";
    case TypeKind::kNumber:
      return "Scalar";
    case TypeKind::kString:
      return "str";
    case TypeKind::kDevice:
      return "Device";
    case TypeKind::kNone:
      return "None";
    case TypeKind::kPackedLinear:
      return "PackedLinear";
    case TypeKind::kList:
      return to_string(type.elements[0]) + "[]";
    case TypeKind::kOptional:
      return to_string(type.elements[0]) + "?";
    case TypeKind::kDict:
      return "Dict(str, " + to_string(type.elements[0]) + ")";
    case TypeKind::kTuple: {
      std::string text = "(";
      for (const Type& element : type.elements) {
        if (text.size() > 1) text += ", ";
        text += to_string(element);
      }
      return text + ")";
    }
  }
  return "?";
}

std::optional<std::size_t> Schema::place_of(std::string_view argument) const {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name == argument) return i;
  }
  return std::nullopt;
}

Schema parse_schema(std::string_view text) { return SchemaParser(text).parse(); }

}  // namespace henson::runtime
