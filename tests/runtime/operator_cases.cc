#include "tests/runtime/operator_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "henson/error.h"
#include "runtime/operators/operator.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

using Json = nlohmann::json;

DType dtype_named(const std::string& name) {
  for (int number = 0; number < 16; ++number) {
    const auto dtype = dtype_from_number(number);
    if (dtype && name_of(*dtype) == name) return *dtype;
  }
  throw std::runtime_error("no dtype " + name);
}

double number_of(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  const auto text = json.get<std::string>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

template <typename T>
T element_of(const Json& json) {
  if constexpr (std::is_same_v<T, bool>) {
    return json.get<int>() != 0;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(json.get<std::int64_t>());
  } else if constexpr (std::is_same_v<T, double>) {
    return number_of(json);
  } else {
    return T(static_cast<float>(number_of(json)));
  }
}

/// The whole storage of a recorded tensor, as one dimension.
Tensor storage_of(const Json& json) {
  const DType dtype = stored_as(dtype_named(json.at("dtype")));
  const Json& data = json.at("data");
  Tensor storage = Tensor::empty(system_memory(), dtype, {static_cast<std::int64_t>(data.size())});
  visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::size_t i = 0; i < data.size(); ++i) {
      storage.mutable_data<T>()[i] = element_of<T>(data[i]);
    }
  });
  return storage;
}

Tensor tensor_of(const Json& json) {
  const Tensor storage = storage_of(json);
  Tensor tensor =
      Tensor::view(dtype_named(json.at("dtype")), storage.buffer(), json.at("shape").get<Dims>(),
                   json.at("strides").get<Dims>(), json.at("offset").get<std::int64_t>());
  if (!json.contains("scales")) return tensor;
  auto quantization = std::make_shared<loader::Quantization>();
  quantization->per_channel = json.contains("axis");
  quantization->axis = json.value("axis", 0);
  quantization->scales = json.at("scales").get<std::vector<double>>();
  quantization->zero_points = json.at("zero_points").get<std::vector<std::int64_t>>();
  return tensor.with_quantization(std::move(quantization));
}

Value value_of(const Json& json) {
  if (json.is_null()) return None{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    std::vector<Value> items;
    for (const Json& item : json) items.push_back(value_of(item));
    return Value::list(std::move(items));
  }
  if (json.contains("float")) return number_of(json.at("float"));
  if (json.contains("device")) return Device{json.at("device").get<std::string>()};
  if (json.contains("packed")) {
    const Json& parts = json.at("packed");
    auto linear = std::make_shared<PackedLinear>();
    linear->weight = tensor_of(parts[0]);
    if (!parts[1].is_null()) linear->bias = tensor_of(parts[1]);
    return std::shared_ptr<const PackedLinear>(std::move(linear));
  }
  return tensor_of(json);
}

/// The meaning that the newest archives give a name.
const Operator* find_operator(const std::string& full_name) {
  const std::size_t dot = full_name.find('.');
  const std::string name = full_name.substr(0, dot);
  const std::string overload = dot == std::string::npos ? "" : full_name.substr(dot + 1);
  for (const Operator* candidate : OperatorTable::get().overloads(name)) {
    const bool newest = candidate->versions.last == Versions{}.last;
    if (candidate->schema.overload == overload && newest) return candidate;
  }
  return nullptr;
}

/// Relative to the largest finite element; a unit in the last place for the 16-bit types.
double tolerance_for(DType dtype, double wanted) {
  if (dtype == DType::kFloat16) return std::max(wanted, 1.0 / 1024);
  if (dtype == DType::kBFloat16) return std::max(wanted, 1.0 / 128);
  return wanted;
}

bool close(double got, double want, double tolerance, double largest) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  if (got == want) return true;
  if (std::isinf(want) || std::isinf(got)) return false;
  return std::abs(got - want) <= tolerance * std::max(std::abs(want), largest);
}

void expect_floats(const Tensor& got, const Tensor& want, double tolerance) {
  const Tensor x = got.to(system_memory(), DType::kFloat64).contiguous(system_memory());
  const Tensor y = want.to(system_memory(), DType::kFloat64).contiguous(system_memory());
  double largest = 0;
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    const double size = std::abs(y.data<double>()[i]);
    if (std::isfinite(size)) largest = std::max(largest, size);
  }
  const bool reduced = size_of(want.dtype()) == 2;
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    ASSERT_TRUE(close(x.data<double>()[i], y.data<double>()[i],
                      tolerance_for(want.dtype(), tolerance),
                      tolerance > 0 || reduced ? largest * (reduced ? 0.01 : 1.0) : 0.0))
        << "element " << i << ": " << x.data<double>()[i] << " instead of " << y.data<double>()[i];
  }
}

Tensor as_stored(const Tensor& tensor) {
  const DType dtype = stored_as(tensor.dtype());
  if (dtype == tensor.dtype()) return tensor;
  return Tensor::view(dtype, tensor.buffer(), tensor.sizes(), tensor.strides(), tensor.offset());
}

void expect_tensor(const Tensor& got, const Tensor& want, double tolerance) {
  ASSERT_TRUE(got.defined());
  ASSERT_EQ(name_of(got.dtype()), name_of(want.dtype()));
  ASSERT_EQ(got.sizes(), want.sizes());
  if (is_floating(want.dtype())) {
    expect_floats(got, want, tolerance);
    return;
  }
  const Tensor x = as_stored(got).to(system_memory(), DType::kInt64).contiguous(system_memory());
  const Tensor y = as_stored(want).to(system_memory(), DType::kInt64).contiguous(system_memory());
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    ASSERT_EQ(x.data<std::int64_t>()[i], y.data<std::int64_t>()[i]) << "element " << i;
  }
}

const std::vector<Value>& items_of(const Value& value) {
  return value.as<std::shared_ptr<ListValue>>()->items;
}

void expect_value(const Value& got, const Value& want, double tolerance) {
  ASSERT_EQ(kind_of(got), kind_of(want));
  if (want.is<Tensor>()) {
    expect_tensor(got.as<Tensor>(), want.as<Tensor>(), tolerance);
  } else if (want.is<std::shared_ptr<ListValue>>()) {
    ASSERT_EQ(items_of(got).size(), items_of(want).size());
    for (std::size_t i = 0; i < items_of(want).size(); ++i) {
      expect_value(items_of(got)[i], items_of(want)[i], tolerance);
    }
  } else if (want.is<double>()) {
    EXPECT_TRUE(close(got.as<double>(), want.as<double>(), tolerance, 0))
        << got.as<double>() << " instead of " << want.as<double>();
  } else if (want.is<std::int64_t>()) {
    EXPECT_EQ(got.as<std::int64_t>(), want.as<std::int64_t>());
  } else if (want.is<bool>()) {
    EXPECT_EQ(got.as<bool>(), want.as<bool>());
  } else if (want.is<std::string>()) {
    EXPECT_EQ(got.as<std::string>(), want.as<std::string>());
  }
}

std::vector<Value> arguments_of(const Operator& op, const Json& args) {
  std::vector<Value> values;
  for (const Json& arg : args) values.push_back(value_of(arg));
  for (std::size_t i = values.size(); i < op.schema.arguments.size(); ++i) {
    values.push_back(op.schema.arguments[i].default_value.value_or(None{}));
  }
  return values;
}

/// "after" holds the storages of tensor arguments that the call changed, by the argument's index.
void expect_storages(const std::vector<Value>& arguments, const Json& after, double tolerance) {
  for (const auto& [index, json] : after.items()) {
    const Tensor& tensor = arguments.at(std::stoul(index)).as<Tensor>();
    const Tensor want = storage_of(json);
    expect_tensor(tensor.with_view(want.sizes(), want.strides(), 0), want, tolerance);
  }
}

bool shares(const Value& value, const Tensor& tensor) {
  if (value.is<Tensor>()) return value.as<Tensor>().buffer() == tensor.buffer();
  return value.is<std::shared_ptr<ListValue>>() &&
         std::any_of(items_of(value).begin(), items_of(value).end(),
                     [&](const Value& item) { return shares(item, tensor); });
}

void run_case(const Json& json) {
  const Operator* const op = find_operator(json.at("op"));
  ASSERT_NE(op, nullptr) << "not in the table";
  const std::vector<Value> arguments = arguments_of(*op, json.at("args"));
  ASSERT_EQ(arguments.size(), op->schema.arguments.size());
  std::vector<Value> results(op->schema.results.size());
  Call call(system_memory(), arguments, results);
  if (json.contains("error")) {
    EXPECT_THROW(op->kernel(call), Error);
    return;
  }
  try {
    op->kernel(call);
  } catch (const Error& error) {
    FAIL() << error.what();
  }
  const double tolerance = json.value("tolerance", 0.0);
  // What serves training alone may be left out at the end.
  const Json& wanted = json.at("results");
  ASSERT_GE(results.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    expect_value(results[i], value_of(wanted[i]), tolerance);
  }
  if (json.contains("aliases")) {
    const bool aliases = std::any_of(results.begin(), results.end(), [&](const Value& result) {
      return shares(result, arguments[0].as<Tensor>());
    });
    EXPECT_EQ(aliases, json.at("aliases").get<bool>()) << "whether the results alias the argument";
  }
  if (json.contains("after")) expect_storages(arguments, json.at("after"), tolerance);
}

Json cases_of(const std::string& group) {
  std::ifstream file(std::string(HENSON_TEST_SOURCES) + "/runtime/cases/" + group + ".json");
  if (!file) throw std::runtime_error("no cases of " + group);
  return Json::parse(file);
}

}  // namespace

std::vector<RecordedCase> recorded_cases(const std::string& group) {
  std::vector<RecordedCase> found;
  for (const Json& json : cases_of(group)) {
    RecordedCase recorded;
    recorded.text = json.dump().substr(0, 600);
    recorded.op = find_operator(json.at("op"));
    if (recorded.op == nullptr) continue;  // run_operator_cases() tells
    recorded.arguments = arguments_of(*recorded.op, json.at("args"));
    recorded.refused = json.contains("error");
    if (!recorded.refused) {
      for (const Json& result : json.at("results")) recorded.results.push_back(value_of(result));
    }
    found.push_back(std::move(recorded));
  }
  return found;
}

void run_operator_cases(const std::string& group) {
  const Json cases = cases_of(group);
  ASSERT_FALSE(cases.empty());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i) + " of " + group + ", " +
                 cases[i].at("op").get<std::string>() + ": " + cases[i].dump().substr(0, 600));
    run_case(cases[i]);
  }
}

}  // namespace henson::runtime
