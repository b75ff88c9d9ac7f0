import { describe, expect, it } from 'vitest';
import { type ModelTable, modelList } from './tac-table.ts';

const plain: ModelTable = {
  hasHeader: true,
  tac: 'tac',
  kind: 'type',
  name: 'model',
  maker: null,
  everyKind: null,
  words: new Map([['mobile phone', 'handset']]),
};

describe('a list of device models out of a table', () => {
  it('keeps leading zeros, takes words for kinds, and quotes names that need it', () => {
    const table =
      '\uFEFFTAC;Model;Type\n01234567;"A ""big"", one";Mobile Phone\r\n35752007;Module B;module\n';
    expect(modelList(table, plain)).toEqual({
      text: 'tac,kind,name,maker\n01234567,handset,"A ""big"", one",\n35752007,module,Module B,\n',
      rows: 2,
      taken: 2,
      skipped: 0,
    });
  });

  it('reads a table without names, all of one kind', () => {
    const made = modelList('01124500,Apple,iPhone 3G\n1124500,Apple,short\n01124500,Apple,again\n', {
      ...plain,
      hasHeader: false,
      tac: '1',
      kind: null,
      name: '3',
      everyKind: 'handset',
    });
    const text = 'tac,kind,name,maker\n01124500,handset,iPhone 3G,\n';
    expect(made).toMatchObject({ text, taken: 1, skipped: 1 });
  });

  it('CR-10: keeps the maker of a type, unless rows name two', () => {
    const table = 'tac,type,brand\n11111111,module,"Works, Ltd."\n22222222,module,One\n22222222,module,Two\n';
    expect(modelList(table, { ...plain, name: null, maker: 'brand' })).toMatchObject({
      text: 'tac,kind,name,maker\n11111111,module,,"Works, Ltd."\n22222222,module,,\n',
    });
    expect(modelList(table, { ...plain, name: null, maker: 'vendor' })).toEqual({ noColumn: 'vendor' });
  });

  it('leaves out a type that is said to be of two kinds, and one of a kind nobody knows', () => {
    const table = 'tac,model,type\n11111111,a,module\n11111111,a,mobile phone\n22222222,b,fridge\n';
    expect(modelList(table, plain)).toMatchObject({
      ...{ text: 'tac,kind,name,maker\n', rows: 3, taken: 0, skipped: 2 },
    });
  });

  it('says which column or kind it does not know', () => {
    expect(modelList('tac\n', plain)).toEqual({ noColumn: 'type' });
    expect(modelList('tac\n', { ...plain, everyKind: 'fridge' })).toEqual({ badKind: 'fridge' });
  });
});
