#include "loader/script/ast.h"

#include <algorithm>

namespace henson::script {

const Function* Class::find_method(const std::string& method) const {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const Function& each) { return each.name == method; });
  return found == methods.end() ? nullptr : &*found;
}

}  // namespace henson::script
