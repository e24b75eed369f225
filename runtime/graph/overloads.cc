#include "runtime/graph/overloads.h"

#include <algorithm>

namespace henson::runtime {
namespace {

/// What a call may do beyond the letter of a schema; tried one after the other.
enum class Leniency { kStrict, kConversions, kPositionalKeywords };

bool accepts(const Type& wanted, const Type& given, Leniency leniency);

bool accepts_list(const Type& element, const Type& given, Leniency leniency) {
  if (given.kind == TypeKind::kList) {
    return given.elements[0].kind == TypeKind::kAny ||
           accepts(element, given.elements[0], leniency);
  }
  // A list literal of mixed element types is described as a tuple of them.
  if (given.kind != TypeKind::kTuple) return false;
  return std::all_of(given.elements.begin(), given.elements.end(),
                     [&](const Type& item) { return accepts(element, item, leniency); });
}

bool accepts(const Type& wanted, const Type& given, Leniency leniency) {
  const bool converts = leniency != Leniency::kStrict;
  const TypeKind kind = given.kind;
  if (kind == TypeKind::kAny && converts) return true;
  switch (wanted.kind) {
    case TypeKind::kAny:
      return true;
    case TypeKind::kOptional:
      return kind == TypeKind::kNone || accepts(wanted.elements[0], given, leniency);
    case TypeKind::kList:
      return accepts_list(wanted.elements[0], given, leniency);
    case TypeKind::kNumber:
      return kind == TypeKind::kNumber || kind == TypeKind::kInt || kind == TypeKind::kFloat ||
             kind == TypeKind::kBool || (converts && kind == TypeKind::kTensor);
    case TypeKind::kInt:
      return kind == TypeKind::kInt ||
             (converts &&
              (kind == TypeKind::kTensor || kind == TypeKind::kNumber || kind == TypeKind::kBool));
    case TypeKind::kFloat:
      return kind == TypeKind::kFloat ||
             (converts &&
              (kind == TypeKind::kTensor || kind == TypeKind::kNumber || kind == TypeKind::kInt));
    case TypeKind::kBool:
      return kind == TypeKind::kBool || (converts && kind == TypeKind::kInt);
    case TypeKind::kDevice:
      return kind == TypeKind::kDevice || (converts && kind == TypeKind::kString);
    case TypeKind::kTuple:
      return kind == TypeKind::kTuple && wanted.elements.size() == given.elements.size() &&
             std::equal(wanted.elements.begin(), wanted.elements.end(), given.elements.begin(),
                        [&](const Type& w, const Type& g) { return accepts(w, g, leniency); });
    case TypeKind::kDict:
      return kind == TypeKind::kDict;
    case TypeKind::kTensor:
    case TypeKind::kString:
    case TypeKind::kNone:
    case TypeKind::kPackedLinear:
      return kind == wanted.kind;
  }
  return false;
}

bool accepts(const Argument& argument, const Type& given, Leniency leniency) {
  if (accepts(argument.type, given, leniency)) return true;
  const Type* type = &argument.type;
  if (type->kind == TypeKind::kOptional) type = &type->elements[0];
  return argument.int_as_list && type->kind == TypeKind::kList &&
         accepts(type->elements[0], given, leniency);
}

std::optional<Match> match_one(const Operator& op, const CallTypes& call, Leniency leniency) {
  const std::vector<Argument>& arguments = op.schema.arguments;
  Match match{&op, std::vector<std::optional<std::size_t>>(arguments.size())};
  if (call.positional.size() > arguments.size()) return std::nullopt;
  for (std::size_t i = 0; i < call.positional.size(); ++i) {
    if (arguments[i].keyword_only && leniency != Leniency::kPositionalKeywords) return std::nullopt;
    if (!accepts(arguments[i], call.positional[i], leniency)) return std::nullopt;
    match.sources[i] = i;
  }
  for (std::size_t k = 0; k < call.keywords.size(); ++k) {
    const auto& [name, type] = call.keywords[k];
    const auto found =
        std::find_if(arguments.begin(), arguments.end(),
                     [&, &n = name](const Argument& argument) { return argument.name == n; });
    if (found == arguments.end()) return std::nullopt;
    auto& source = match.sources[static_cast<std::size_t>(found - arguments.begin())];
    if (source || !accepts(*found, type, leniency)) return std::nullopt;
    source = call.positional.size() + k;
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!match.sources[i] && !arguments[i].default_value) return std::nullopt;
  }
  return match;
}

}  // namespace

std::optional<Match> match_overload(std::string_view name, const CallTypes& call,
                                    std::int64_t archive_version) {
  const auto overloads = OperatorTable::get().overloads(name);
  for (const Leniency leniency :
       {Leniency::kStrict, Leniency::kConversions, Leniency::kPositionalKeywords}) {
    for (const Operator* const op : overloads) {
      if (archive_version < op->versions.first || archive_version > op->versions.last) continue;
      if (std::optional<Match> match = match_one(*op, call, leniency)) return match;
    }
  }
  return std::nullopt;
}

std::string to_string(const CallTypes& call) {
  std::string text = "(";
  for (const Type& type : call.positional) {
    if (text.size() > 1) text += ", ";
    text += to_string(type);
  }
  for (const auto& [name, type] : call.keywords) {
    if (text.size() > 1) text += ", ";
    text += name + ": " + to_string(type);
  }
  return text + ")";
}

}  // namespace henson::runtime
