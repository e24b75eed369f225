// consumer ARCHIVE: the smallest program that uses an installed Henson.
#include <henson/henson.h>

#include <cstdint>
#include <cstdio>

int main(int, char** argv) {
  const henson::Model model = henson::Model::open(argv[1]);
  henson::Session session(model);
  const std::int64_t ids[] = {11, 2, 31, 4, 5};
  const henson::Output output = session.run({henson::Tensor::borrow(ids, {1, 5})});
  const henson::Tensor hidden_states = output.tensors().at(0);
  for (const std::int64_t size : hidden_states.shape()) std::printf("%d ", int(size));
}
