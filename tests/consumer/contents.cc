// contents ARCHIVE: what an archive is, and what each of its tensors is for.
#include <henson/inspect.h>

#include <cstdio>

int main(int, char** argv) {
  const henson::Inspection archive = henson::Inspection::open(argv[1]);
  std::puts(archive.summary().text.c_str());
  for (const henson::InspectedTensor& tensor : archive.tensors()) {
    std::printf("%s: %s\n", tensor.display_name.c_str(), tensor.role.c_str());
  }
}
