package surprise // want import
