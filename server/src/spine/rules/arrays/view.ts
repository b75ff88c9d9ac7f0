/**
 * What conditions read, in one shape for all rules and kinds: fields by number. Expressions are compiled with
 * their fields renamed to these, so that a load meets one shape and one name.
 */
export type FieldValue = string | number | boolean | readonly string[] | undefined;

/** Most fields of one variable that the armed rules of one kind may read. */
export const MOST_FIELDS = 80;

/** The name a field bears in a view. */
export function fieldName(at: number): string {
  return `f${at}`;
}

/** Each field is there from the start, so that the shape never changes. */
export class View {
  f0: FieldValue = undefined;
  f1: FieldValue = undefined;
  f2: FieldValue = undefined;
  f3: FieldValue = undefined;
  f4: FieldValue = undefined;
  f5: FieldValue = undefined;
  f6: FieldValue = undefined;
  f7: FieldValue = undefined;
  f8: FieldValue = undefined;
  f9: FieldValue = undefined;
  f10: FieldValue = undefined;
  f11: FieldValue = undefined;
  f12: FieldValue = undefined;
  f13: FieldValue = undefined;
  f14: FieldValue = undefined;
  f15: FieldValue = undefined;
  f16: FieldValue = undefined;
  f17: FieldValue = undefined;
  f18: FieldValue = undefined;
  f19: FieldValue = undefined;
  f20: FieldValue = undefined;
  f21: FieldValue = undefined;
  f22: FieldValue = undefined;
  f23: FieldValue = undefined;
  f24: FieldValue = undefined;
  f25: FieldValue = undefined;
  f26: FieldValue = undefined;
  f27: FieldValue = undefined;
  f28: FieldValue = undefined;
  f29: FieldValue = undefined;
  f30: FieldValue = undefined;
  f31: FieldValue = undefined;
  f32: FieldValue = undefined;
  f33: FieldValue = undefined;
  f34: FieldValue = undefined;
  f35: FieldValue = undefined;
  f36: FieldValue = undefined;
  f37: FieldValue = undefined;
  f38: FieldValue = undefined;
  f39: FieldValue = undefined;
  f40: FieldValue = undefined;
  f41: FieldValue = undefined;
  f42: FieldValue = undefined;
  f43: FieldValue = undefined;
  f44: FieldValue = undefined;
  f45: FieldValue = undefined;
  f46: FieldValue = undefined;
  f47: FieldValue = undefined;
  f48: FieldValue = undefined;
  f49: FieldValue = undefined;
  f50: FieldValue = undefined;
  f51: FieldValue = undefined;
  f52: FieldValue = undefined;
  f53: FieldValue = undefined;
  f54: FieldValue = undefined;
  f55: FieldValue = undefined;
  f56: FieldValue = undefined;
  f57: FieldValue = undefined;
  f58: FieldValue = undefined;
  f59: FieldValue = undefined;
  f60: FieldValue = undefined;
  f61: FieldValue = undefined;
  f62: FieldValue = undefined;
  f63: FieldValue = undefined;
  f64: FieldValue = undefined;
  f65: FieldValue = undefined;
  f66: FieldValue = undefined;
  f67: FieldValue = undefined;
  f68: FieldValue = undefined;
  f69: FieldValue = undefined;
  f70: FieldValue = undefined;
  f71: FieldValue = undefined;
  f72: FieldValue = undefined;
  f73: FieldValue = undefined;
  f74: FieldValue = undefined;
  f75: FieldValue = undefined;
  f76: FieldValue = undefined;
  f77: FieldValue = undefined;
  f78: FieldValue = undefined;
  f79: FieldValue = undefined;
}

/** Writes a field by its number: a jump, where `view[name] = value` would be a search. */
export function put(view: View, at: number, value: FieldValue): void {
  switch (at) {
    case 0:
      view.f0 = value;
      break;
    case 1:
      view.f1 = value;
      break;
    case 2:
      view.f2 = value;
      break;
    case 3:
      view.f3 = value;
      break;
    case 4:
      view.f4 = value;
      break;
    case 5:
      view.f5 = value;
      break;
    case 6:
      view.f6 = value;
      break;
    case 7:
      view.f7 = value;
      break;
    case 8:
      view.f8 = value;
      break;
    case 9:
      view.f9 = value;
      break;
    case 10:
      view.f10 = value;
      break;
    case 11:
      view.f11 = value;
      break;
    case 12:
      view.f12 = value;
      break;
    case 13:
      view.f13 = value;
      break;
    case 14:
      view.f14 = value;
      break;
    case 15:
      view.f15 = value;
      break;
    case 16:
      view.f16 = value;
      break;
    case 17:
      view.f17 = value;
      break;
    case 18:
      view.f18 = value;
      break;
    case 19:
      view.f19 = value;
      break;
    case 20:
      view.f20 = value;
      break;
    case 21:
      view.f21 = value;
      break;
    case 22:
      view.f22 = value;
      break;
    case 23:
      view.f23 = value;
      break;
    case 24:
      view.f24 = value;
      break;
    case 25:
      view.f25 = value;
      break;
    case 26:
      view.f26 = value;
      break;
    case 27:
      view.f27 = value;
      break;
    case 28:
      view.f28 = value;
      break;
    case 29:
      view.f29 = value;
      break;
    case 30:
      view.f30 = value;
      break;
    case 31:
      view.f31 = value;
      break;
    case 32:
      view.f32 = value;
      break;
    case 33:
      view.f33 = value;
      break;
    case 34:
      view.f34 = value;
      break;
    case 35:
      view.f35 = value;
      break;
    case 36:
      view.f36 = value;
      break;
    case 37:
      view.f37 = value;
      break;
    case 38:
      view.f38 = value;
      break;
    case 39:
      view.f39 = value;
      break;
    case 40:
      view.f40 = value;
      break;
    case 41:
      view.f41 = value;
      break;
    case 42:
      view.f42 = value;
      break;
    case 43:
      view.f43 = value;
      break;
    case 44:
      view.f44 = value;
      break;
    case 45:
      view.f45 = value;
      break;
    case 46:
      view.f46 = value;
      break;
    case 47:
      view.f47 = value;
      break;
    case 48:
      view.f48 = value;
      break;
    case 49:
      view.f49 = value;
      break;
    case 50:
      view.f50 = value;
      break;
    case 51:
      view.f51 = value;
      break;
    case 52:
      view.f52 = value;
      break;
    case 53:
      view.f53 = value;
      break;
    case 54:
      view.f54 = value;
      break;
    case 55:
      view.f55 = value;
      break;
    case 56:
      view.f56 = value;
      break;
    case 57:
      view.f57 = value;
      break;
    case 58:
      view.f58 = value;
      break;
    case 59:
      view.f59 = value;
      break;
    case 60:
      view.f60 = value;
      break;
    case 61:
      view.f61 = value;
      break;
    case 62:
      view.f62 = value;
      break;
    case 63:
      view.f63 = value;
      break;
    case 64:
      view.f64 = value;
      break;
    case 65:
      view.f65 = value;
      break;
    case 66:
      view.f66 = value;
      break;
    case 67:
      view.f67 = value;
      break;
    case 68:
      view.f68 = value;
      break;
    case 69:
      view.f69 = value;
      break;
    case 70:
      view.f70 = value;
      break;
    case 71:
      view.f71 = value;
      break;
    case 72:
      view.f72 = value;
      break;
    case 73:
      view.f73 = value;
      break;
    case 74:
      view.f74 = value;
      break;
    case 75:
      view.f75 = value;
      break;
    case 76:
      view.f76 = value;
      break;
    case 77:
      view.f77 = value;
      break;
    case 78:
      view.f78 = value;
      break;
    case 79:
      view.f79 = value;
      break;
  }
}
