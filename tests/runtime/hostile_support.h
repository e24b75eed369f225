// Archives that mean harm, one defect each: opened and run as a caller would.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "henson/henson.h"
#include "loader/archive.h"
#include "runtime/execution/interpreter.h"
#include "runtime/import/builder.h"
#include "tests/loader/archive_maker.h"

namespace henson::test {

/// The body of a class M with one weight `weight` [2, 3] and one method.
inline std::string class_of(const std::vector<std::string>& lines,
                            const std::string& parameters = "x: Tensor") {
  std::string code = "class M(Module):\n  weight : Tensor\n  def forward(self: __torch__.M,\n    " +
                     parameters + ") -> Tensor:\n";
  for (const std::string& line : lines) code += "    " + line + "\n";
  return code;
}

/// A small archive with other code, written to `file`.
inline void write_code(const TempFile& file, const std::string& code) {
  Entries entries = small_archive();
  entry_named(entries, "m/code/__torch__.py").bytes = code;
  write_zip(file.path(), entries);
}

/// What opening the archive and running it with float zeros of a shape says, on both executors,
/// which must say the same: "" when all is well.
inline std::string answer_of(const std::filesystem::path& path,
                             const std::vector<std::int64_t>& shape) {
  const auto answer = [&](Executor executor) {
    return error_of([&] {
      const Model model = Model::open(path);
      std::size_t count = 1;
      for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
      const std::vector<float> zeros(count);
      Session session(model, {executor, 1});
      session.run({Tensor::borrow(std::span<const float>(zeros), shape)});
    });
  };
  const std::string planned = answer(Executor::kPlan);
  EXPECT_EQ(planned, answer(Executor::kInterpreter));
  return planned;
}

/// The same for an archive of this code.
inline std::string answer_to(const std::string& code, const std::vector<std::int64_t>& shape) {
  const TempFile file;
  write_code(file, code);
  return answer_of(file.path(), shape);
}

/// What the interpreter says of code as it stands, whatever unlock() thinks of its numbers.
inline std::string interpreted(const std::string& code, const std::vector<std::int64_t>& shape) {
  const TempFile file;
  write_code(file, code);
  return error_of([&] {
    const runtime::BuiltGraph built = runtime::build_graph(loader::open_archive(file.path()));
    runtime::Tensor zeros =
        runtime::Tensor::empty(runtime::system_memory(), DType::kFloat32, shape);
    std::fill_n(zeros.mutable_data<float>(), zeros.numel(), 0.0f);
    const runtime::Value inputs[] = {zeros};
    runtime::Interpreter(built.graph).run(inputs);
  });
}

/// Where the first line of the body of class_of stands.
inline const std::string kFirstLine = "code/__torch__.py:5: ";

}  // namespace henson::test
